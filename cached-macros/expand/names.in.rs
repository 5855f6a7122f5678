// Names that are easily mistaken: a raw one, and an argument that hides its own function. Unsafe functions stay unsafe.

#[cache(ttl = 60)]
pub fn r#type(r#type: u8) -> u8 {
    r#type
}

#[doc(hidden)]
#[cfg(unix)]
#[must_use]
#[cache(ttl = 60, key = "peek:{address}")]
pub unsafe extern "C" fn peek(address: usize) -> u8 {
    unsafe { *(address as *const u8) }
}
