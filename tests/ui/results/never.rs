use cached_core::cache;

#[cache(ttl = 60)]
fn serve(port: u16) -> ! {
    panic!("{port}")
}

fn main() {}
