// A newtype is told like what it wraps, a struct by its fields, an enum by its variant.

#[derive(KeyPart)]
struct UserId(u64);

#[derive(KeyPart)]
struct Span<'a, T> {
    name: &'a str,
    from: T,
    to: T,
}

#[derive(KeyPart)]
enum Currency {
    Eur,
    Other(String, u8),
    Custom { code: u32 },
}

#[derive(KeyPart)]
struct Everything;
