//! The order of a module's functions: each beside one that it has much in common with. A compressor refers to what was said
//! before, the nearer the shorter: that makes three hundredths of a module (`docs/size.md`).

use anyhow::{Context, Result};
use wasm_encoder::{NameMap, NameSection, Section};
use wasmparser::{Parser, Payload, TypeRef};

/// Bytes that two functions are compared by: an instruction with what it is given.
const PIECE: usize = 4;

/// The module, with its functions named by the places that they are to have: wasm-opt can put them in the order of their
/// names.
pub(crate) fn named(module: &[u8]) -> Result<Vec<u8>> {
    let (imported, functions) = functions(module).context("wasm-opt has written no module that can be read")?;
    let mut places = vec![0; functions.len()];
    order(&functions).into_iter().enumerate().for_each(|(place, at)| places[at] = place);
    let mut map = NameMap::new();
    (imported..).zip(places).for_each(|(function, place)| map.append(function, &format!("f{place:06}")));
    let mut section = NameSection::new();
    section.functions(&map);
    let mut named = module.to_vec();
    section.append_to(&mut named);
    Ok(named)
}

/// A function by the number of its type, and its bytes.
type Function<'a> = (u32, &'a [u8]);

/// How many functions are imported, and the others.
fn functions(module: &[u8]) -> Result<(u32, Vec<Function<'_>>)> {
    let (mut imported, mut types, mut bodies) = (0, Vec::new(), Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::FunctionSection(functions) => {
                types = functions.into_iter().collect::<Result<_, _>>()?;
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
            _ => {}
        }
    }
    Ok((imported, types.into_iter().zip(bodies).collect()))
}

/// Those of one type beside each other, and of these always next the one that has most in common with the last.
fn order(functions: &[Function<'_>]) -> Vec<usize> {
    let pieces: Vec<_> = functions.iter().map(|(_, body)| pieces(body)).collect();
    let mut left: Vec<usize> = (0..functions.len()).collect();
    left.sort_by_key(|at| functions[*at]);
    let mut order: Vec<usize> = Vec::new();
    while let Some(first) = left.first() {
        let kind = functions[*first].0;
        let mut best = (0, 0.0);
        if let Some(last) = order.last().filter(|last| functions[**last].0 == kind) {
            for (place, at) in left.iter().take_while(|at| functions[**at].0 == kind).enumerate() {
                let common = common(&pieces[*last], &pieces[*at]);
                // The first of those that are as good, so that every machine builds the same.
                best = if common > best.1 { (place, common) } else { best };
            }
        }
        order.push(left.remove(best.0));
    }
    order
}

/// All pieces of a function, sorted, each once.
fn pieces(body: &[u8]) -> Vec<&[u8]> {
    let mut pieces: Vec<_> = body.windows(PIECE).collect();
    pieces.sort_unstable();
    pieces.dedup();
    pieces
}

/// How much of all that two functions have is what both have.
fn common(one: &[&[u8]], other: &[&[u8]]) -> f64 {
    let both = one.iter().filter(|piece| other.binary_search(piece).is_ok()).count();
    both as f64 / (one.len() + other.len() - both).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasmparser::Name;

    #[test]
    fn functions_of_a_type_are_beside_each_other_and_alike_ones_most_of_all() {
        let functions: [Function<'_>; 6] =
            [(1, b"zabcdef"), (0, b"xxxxyyyy"), (1, b"bzzzzzz"), (0, b"a"), (1, b"abcdefg"), (1, b"zzzzzzy")];
        assert_eq!(order(&functions), [3, 1, 4, 0, 2, 5]);
    }

    #[test]
    fn a_function_is_named_by_its_place_and_imports_are_not() {
        // An import, and two functions of one type, which the order turns round: `nop nop` is before `unreachable nop`'s end.
        let module = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x07\x01\x01a\x01b\0\0\x03\x03\x02\0\0\x0a\x0b\x02\x04\0\x01\x01\x0b\x04\0\0\x01\x0b";
        let named = named(module).expect("a module");
        assert!(named.starts_with(module));
        let mut names = Vec::new();
        for payload in Parser::new(0).parse_all(&named) {
            if let Payload::CustomSection(section) = payload.expect("a section") {
                let reader = wasmparser::BinaryReader::new(section.data(), 0);
                for part in wasmparser::NameSectionReader::new(reader) {
                    if let Name::Function(map) = part.expect("names") {
                        names.extend(
                            map.into_iter().map(|naming| naming.expect("a name")).map(|name| (name.index, name.name)),
                        );
                    }
                }
            }
        }
        assert_eq!(names, [(1, "f000001"), (2, "f000000")]);
        assert!(super::named(b"nothing").is_err());
    }
}
