//! Where this module's memory comes from. It is grown by what is missing, and what is freed is joined and used again.

use talc::wasm::{WasmDynamicTalc, new_wasm_dynamic_allocator};

#[global_allocator]
static HEAP: WasmDynamicTalc = new_wasm_dynamic_allocator();
