//! Base64 by vectors beside base64 by table: the same characters, of bytes of any length.

use js_sys::{Function, Reflect};
use upslice::encode::groups;
use wasm_bindgen::prelude::*;
use wasm_bindgen_test::wasm_bindgen_test;

// The module has no door for it: what is tested is compiled into the test.
#[path = "../../src/browser/simd.rs"]
mod simd;

/// Bytes that look like any, the same in every run.
fn bytes(size: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(size).collect()
}

/// Both, with room that is full of something else before.
fn by_both(from: &[u8]) -> [String; 2] {
    [groups, simd::groups].map(|encode| {
        let mut to = vec![b'!'; from.len() / 3 * 4];
        encode(from, &mut to);
        String::from_utf8(to).expect("base64 is text")
    })
}

#[wasm_bindgen_test]
fn vectors_encode_what_the_table_does_whatever_the_length_and_the_place() {
    assert!(simd::loaded().is_some(), "this engine has vectors: without them, nothing is tested here");
    let bytes = bytes(1_000);
    for size in (0..=900).step_by(3) {
        for start in [0, 1, 7] {
            let [by_table, by_vectors] = by_both(&bytes[start..start + size]);
            assert_eq!(by_vectors, by_table, "{size} bytes from {start}");
        }
    }
}

#[wasm_bindgen_test]
fn vectors_encode_every_group_there_is() {
    // Every value of a byte at each place, and every six bits beside every other: 2^18 groups tell all pairs of characters.
    let of = |bits: u32| [(bits >> 12) as u8, (bits >> 6) as u8 ^ (bits >> 2) as u8, bits as u8];
    let all: Vec<u8> = (0..1 << 20).flat_map(of).collect();
    let [by_table, by_vectors] = by_both(&all);
    assert!(by_vectors == by_table);
    let btoa: Function = Reflect::get(&js_sys::global(), &"btoa".into()).expect("btoa").unchecked_into();
    let sample: String = all[..3 * 4096].iter().map(|byte| char::from(*byte)).collect();
    let given = btoa.call1(&JsValue::UNDEFINED, &sample.into()).expect("a text").as_string();
    assert_eq!(given.as_deref(), Some(&by_table[..4 * 4096]));
}

#[wasm_bindgen_test]
fn nothing_is_written_beyond_what_the_groups_become() {
    let from = bytes(120);
    let mut to = [b'!'; 200];
    simd::groups(&from, &mut to[20..180]);
    assert!(to[..20].iter().chain(&to[180..]).all(|byte| *byte == b'!'));
    assert!(to[20..180].iter().all(|byte| *byte != b'!'));
}

#[wasm_bindgen_test]
fn an_engine_without_vectors_is_known_by_its_refusal() {
    let namespace = Reflect::get(&js_sys::global(), &"WebAssembly".into()).expect("WebAssembly");
    let module = Reflect::get(&namespace, &"Module".into()).expect("Module");
    let refuses = Function::new_no_args("throw new WebAssembly.CompileError('invalid opcode 0xfd')");
    Reflect::set(&namespace, &"Module".into(), &refuses).expect("it can be replaced");
    let loaded = simd::loaded();
    Reflect::set(&namespace, &"Module".into(), &module).expect("it can be put back");
    assert!(loaded.is_none());
}
