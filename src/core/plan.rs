//! Size and rules into parts. The only arithmetic on offsets.

use std::fmt;

/// One part of a file: bytes `start..end`, counted from zero. Adapters number it as their service does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartRange {
    /// Which part, counted from zero.
    pub index: u32,
    /// Its first byte.
    pub start: u64,
    /// The byte after its last one.
    pub end: u64,
}

impl PartRange {
    /// How many bytes it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.end - self.start
    }
}

/// What a service allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that every part but the last must have.
    pub min_part_size: u64,
    /// Bytes that no part may exceed.
    pub max_part_size: u64,
    /// Parts that no upload may exceed.
    pub max_parts: u32,
    /// Bytes that no file may exceed.
    pub max_size: u64,
    /// Parts that an empty file has: one empty part for most services, none for some. `None`: such a file is refused.
    pub empty_parts: Option<u32>,
}

/// How a file is cut: all parts alike, the last one as large as what is left. Chosen once, before the session,
/// because most services want equal parts and some refuse anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    size: u64,
    part_size: u64,
    empty_parts: u32,
}

/// Why a file cannot be cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// The file has no bytes, and the service takes no such file.
    Empty,
    /// The file is too large for the service.
    Limit {
        /// Bytes of the file.
        size: u64,
        /// Bytes the service takes.
        most: u64,
        /// The rules the sum is made of.
        limits: Limits,
    },
    /// The part size asked for is outside the service's rules.
    PartSize {
        /// What was asked for.
        asked: u64,
        /// What is allowed.
        limits: Limits,
    },
    /// A part size was asked for where the service says how large parts are.
    NotOurs,
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file has 0 bytes, the service takes at least 1"),
            Self::NotOurs => f.write_str("partSize: the service itself says how large parts are; leave it out"),
            Self::Limit { size, most, limits } => write!(
                f,
                "the file has {size} bytes, the service takes at most {most}: {} parts × {} bytes, {} bytes in all",
                limits.max_parts, limits.max_part_size, limits.max_size
            ),
            Self::PartSize { asked, limits } => write!(
                f,
                "partSize: {asked} is outside the service's rules, {} to {} bytes",
                limits.min_part_size, limits.max_part_size
            ),
        }
    }
}

/// What a part has where nothing is known of the link. Below this, a part's overhead (a request, a preflight, a
/// signature) shows; above it, much is lost with one failure. It is over every service's floor of 5 MiB.
pub(super) const COMFORTABLE: u64 = 8 << 20;

/// Where the rate is known, a part takes so many seconds: long beside the wait for its answer, of which there is one for
/// each, and short beside what a person waits for before trying again.
const SECONDS: f64 = 4.0;

/// No rate makes smaller or larger parts than these: requests cost as much as a MiB does, and a part of a fast link that
/// turns slow must not take minutes.
const SMALL: u64 = 1 << 20;
const LARGE: u64 = 64 << 20;

/// A fast link's parts are no larger than leaves each connection so many: the last ones differ by a part.
const ROUNDS: u64 = 4;

/// So many parts of a comfortable size; larger files have larger parts rather than more of them.
const MANY: u64 = 1_000;

/// The grain of part sizes, so that slices begin where the disk's pages do.
const GRAIN: u64 = 4_096;

type Cut = Result<Plan, PlanError>;

impl Plan {
    /// Cuts `size` bytes within `limits`, for `slots` parts at once.
    ///
    /// A `wanted` part size is honoured exactly and raised only where the part count demands it. Without one the
    /// parts are such that the last round leaves no slot idle: 8 MiB or a little less, more where there are many.
    ///
    /// # Errors
    /// The file is too large for the service, or `wanted` outside its rules.
    pub fn new(size: u64, wanted: Option<u64>, slots: u32, limits: &Limits) -> Result<Self, PlanError> {
        Self::cut(size, wanted, slots, COMFORTABLE, limits)
    }

    /// The same, without a part size asked for, where one connection is known to carry so many bytes a second: a part
    /// takes about four seconds.
    ///
    /// # Errors
    /// The file is too large for the service.
    pub fn at_rate(size: u64, rate: f64, slots: u32, limits: &Limits) -> Result<Self, PlanError> {
        // What the rate makes of it is a number of bytes long before a float forgets any.
        let suited = ((rate * SECONDS) as u64).clamp(SMALL, LARGE);
        Self::cut(size, None, slots, suited.min(COMFORTABLE.max(size / u64::from(slots.max(1)) / ROUNDS)), limits)
    }

    pub(super) fn cut(size: u64, asked: Option<u64>, slots: u32, suited: u64, limits: &Limits) -> Cut {
        if size == 0 && limits.empty_parts.is_none() {
            return Err(PlanError::Empty);
        }
        let most = limits.max_size.min(limits.max_part_size.saturating_mul(limits.max_parts.into()));
        if size > most {
            return Err(PlanError::Limit { size, most, limits: limits.clone() });
        }
        let floor = size.div_ceil(limits.max_parts.into());
        let part_size = match asked {
            Some(asked) if asked < limits.min_part_size || asked > limits.max_part_size => {
                return Err(PlanError::PartSize { asked, limits: limits.clone() });
            }
            Some(asked) => asked.max(floor),
            None => Self::even(size, slots.into(), suited, limits).max(floor).min(limits.max_part_size),
        };
        Ok(Self::with_part_size(size, part_size, limits))
    }

    /// The plan of an earlier upload, whose part size is a fact.
    #[must_use]
    pub fn with_part_size(size: u64, part_size: u64, limits: &Limits) -> Self {
        Self { size, part_size: part_size.max(1), empty_parts: limits.empty_parts.unwrap_or(0) }
    }

    /// The largest part of at most about that size that fills whole rounds of `slots`, of twice as many where there are many;
    /// a larger one where the service has a floor, since a round that is half empty takes as long as a full one.
    fn even(size: u64, slots: u64, suited: u64, limits: &Limits) -> u64 {
        let (slots, suited) = (slots.max(1), suited.max(size / MANY).max(limits.min_part_size));
        let rounds = size.div_ceil(slots.saturating_mul(suited));
        let rounds = if rounds > 2 * ROUNDS { rounds.next_multiple_of(2) } else { rounds };
        let rounds = rounds.min(size / slots.saturating_mul(limits.min_part_size.max(1))).max(1);
        size.div_ceil(slots.saturating_mul(rounds)).next_multiple_of(GRAIN).max(limits.min_part_size)
    }

    /// Bytes of the file.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Bytes of every part but the last.
    #[must_use]
    pub const fn part_size(&self) -> u64 {
        self.part_size
    }

    /// How many parts there are.
    #[must_use]
    pub fn parts(&self) -> u32 {
        match self.size {
            0 => self.empty_parts,
            // `new` keeps the count within `max_parts`, which is a u32.
            size => u32::try_from(size.div_ceil(self.part_size)).unwrap_or(u32::MAX),
        }
    }

    /// Part `index`, counted from zero.
    #[must_use]
    pub fn part(&self, index: u32) -> PartRange {
        let start = (u64::from(index) * self.part_size).min(self.size);
        PartRange { index, start, end: start.saturating_add(self.part_size).min(self.size) }
    }
}

// The crate that thinks numbers up is for native tests only.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MIB: u64 = 1 << 20;
    const S3: Limits = Limits {
        min_part_size: 5 * MIB,
        max_part_size: 5 << 30,
        max_parts: 10_000,
        max_size: 48_800 << 30,
        empty_parts: Some(1),
    };

    #[test]
    fn the_last_round_leaves_no_slot_idle() {
        let plan = Plan::new(48 * MIB, None, 6, &S3).unwrap();
        assert_eq!((plan.parts(), plan.part_size()), (6, 8 * MIB));
        assert_eq!(Plan::new(1 << 30, None, 6, &S3).unwrap().parts() % 6, 0);
        assert_eq!(Plan::new(100 << 30, None, 6, &S3).unwrap().parts() % 6, 0);
    }

    #[test]
    fn a_floor_makes_no_round_that_is_half_empty() {
        for size in [49, 55, 59] {
            let plan = Plan::new(size * MIB, None, 6, &S3).unwrap();
            assert_eq!(plan.parts(), 6, "{size}");
        }
        assert_eq!(Plan::new(60 * MIB, None, 6, &S3).unwrap().parts(), 12);
    }

    #[test]
    fn parts_take_about_four_seconds_where_the_rate_is_known() {
        let parts = |size: u64, rate: f64| Plan::at_rate(size, rate, 6, &S3).unwrap().part_size() / MIB;
        let second = MIB as f64;
        assert_eq!(parts(48 * MIB, 2.0 * second), 8, "as without");
        assert!((24..=32).contains(&parts(4 << 30, 8.0 * second)), "fewer answers to wait for");
        assert_eq!(parts(100 << 30, 1_000.0 * second), 100 * 1024 / 1_008, "no more of them than are comfortable");
        assert!((5..=6).contains(&parts(4 << 30, 0.1 * second)), "the service's floor");
        assert_eq!(parts(96 * MIB, 100.0 * second), 8, "four for each connection, or comfortable ones");
        let free = Limits { min_part_size: 1, ..S3 };
        assert_eq!(Plan::at_rate(60 * MIB, 0.1 * second, 6, &free).unwrap().part_size(), MIB);
        for rate in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
            assert!((1..=64).contains(&parts(1 << 30, rate)), "{rate}");
        }
    }

    #[test]
    fn edges_of_the_file() {
        for (size, parts, last) in [(0, 1, 0), (1, 1, 1), (5 * MIB, 1, 5 * MIB), (5 * MIB + 1, 2, 1)] {
            let plan = Plan::new(size, Some(5 * MIB), 6, &S3).unwrap();
            assert_eq!(plan.parts(), parts, "{size}");
            assert_eq!(plan.part(parts - 1).size(), last, "{size}");
        }
    }

    #[test]
    fn a_part_size_is_honoured_raised_for_the_count_and_refused_outside_the_rules() {
        assert_eq!(Plan::new(60 * MIB, Some(7 * MIB), 6, &S3).unwrap().part_size(), 7 * MIB);
        let raised = Plan::new(100_000 * MIB, Some(5 * MIB), 6, &S3).unwrap();
        assert_eq!((raised.parts(), raised.part_size()), (10_000, 10 * MIB));
        assert!(matches!(Plan::new(60 * MIB, Some(MIB), 6, &S3), Err(PlanError::PartSize { .. })));
        assert!(matches!(Plan::new(60 * MIB, Some(6 << 30), 6, &S3), Err(PlanError::PartSize { .. })));
    }

    #[test]
    fn a_file_too_large_is_told_with_the_sum() {
        let error = Plan::new(48_801 << 30, None, 6, &S3).unwrap_err();
        assert!(error.to_string().contains("10000 parts × 5368709120 bytes"), "{error}");
    }

    proptest! {
        #[test]
        fn parts_tile_the_file_within_the_rules(
            size in 0..(48_800u64 << 30),
            wanted in prop::option::of((5 * MIB)..(5u64 << 30)),
            slots in 1..64u32,
            rate in prop::option::of(0.0..1e10),
        ) {
            let plan = match rate {
                Some(rate) => Plan::at_rate(size, rate, slots, &S3).unwrap(),
                None => Plan::new(size, wanted, slots, &S3).unwrap(),
            };
            prop_assert!(plan.parts() >= 1 && plan.parts() <= S3.max_parts);
            prop_assert!(plan.part_size() >= S3.min_part_size && plan.part_size() <= S3.max_part_size);
            let last = plan.part(plan.parts() - 1);
            prop_assert_eq!(last.end, size);
            prop_assert!(last.size() > 0 || size == 0);
            for index in [0, plan.parts() / 2, plan.parts() - 1] {
                let part = plan.part(index);
                prop_assert_eq!(part.start, u64::from(index) * plan.part_size());
                prop_assert!(part.end == size || part.size() == plan.part_size());
            }
        }
    }
}
