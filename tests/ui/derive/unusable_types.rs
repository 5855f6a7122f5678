use cached_core::KeyPart;

#[derive(KeyPart, Clone, Copy)]
union Number {
    whole: u32,
    real: f32,
}

#[derive(KeyPart)]
enum Never {}

fn main() {}
