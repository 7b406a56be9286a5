//! A set of parts: a bit for each.

/// A set of parts, by index. The lowest is found without looking at all of them.
#[derive(Clone, Debug, Default)]
pub(super) struct PartSet {
    words: Vec<u64>,
    len: usize,
    /// No word before this one has a bit.
    low: usize,
}

impl PartSet {
    const fn place(index: u32) -> (usize, u64) {
        ((index / 64) as usize, 1 << (index % 64))
    }

    /// Puts a part in. Says whether it was missing.
    pub(super) fn insert(&mut self, index: u32) -> bool {
        let (word, bit) = Self::place(index);
        while self.words.len() <= word {
            self.words.push(0);
        }
        let missing = self.words[word] & bit == 0;
        self.words[word] |= bit;
        self.len += usize::from(missing);
        self.low = self.low.min(word);
        missing
    }

    /// Takes a part out. Says whether it was there.
    pub(super) fn remove(&mut self, index: u32) -> bool {
        let (word, bit) = Self::place(index);
        let there = self.contains(index);
        if there {
            self.words[word] &= !bit;
            self.len -= 1;
            while self.low < self.words.len() && self.words[self.low] == 0 {
                self.low += 1;
            }
        }
        there
    }

    pub(super) fn contains(&self, index: u32) -> bool {
        let (word, bit) = Self::place(index);
        self.words.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// All of them, lowest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        let (mut word, mut left) = (self.low, self.words.get(self.low).copied().unwrap_or(0));
        std::iter::from_fn(move || {
            while left == 0 {
                word += 1;
                left = *self.words.get(word)?;
            }
            let bit = left.trailing_zeros();
            left &= left - 1;
            Some(word as u32 * 64 + bit)
        })
    }

    pub(super) fn first(&self) -> Option<u32> {
        self.iter().next()
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

// The crate that thinks numbers up is for native tests only.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn it_holds_what_a_tree_would(steps in prop::collection::vec((any::<bool>(), 0..300u32), 0..400)) {
            let (mut set, mut tree) = (PartSet::default(), BTreeSet::new());
            for (put, index) in steps {
                let same = if put { set.insert(index) == tree.insert(index) } else { set.remove(index) == tree.remove(&index) };
                prop_assert!(same);
                prop_assert_eq!(set.first(), tree.first().copied());
                prop_assert_eq!(set.len(), tree.len());
                prop_assert_eq!(set.is_empty(), tree.is_empty());
            }
            prop_assert!(set.iter().eq(tree.iter().copied()));
        }
    }
}
