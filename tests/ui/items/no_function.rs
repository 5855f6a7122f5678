use cached_core::cache;

#[cache(ttl = 60)]
struct User {
    name: String,
}

#[cache(ttl = 60)]
pub enum Currency {
    Eur,
}

struct Catalogue;

#[cache(ttl = 60)]
impl Catalogue {
    fn price(&self, sku: &str) -> u64 {
        sku.len() as u64
    }
}

#[cache(ttl = 60)]
trait Prices {
    fn price(&self, sku: &str) -> u64;
}

#[cache(ttl = 60)]
mod users {
    pub fn module(id: u64) -> String {
        id.to_string()
    }
}

#[cache(ttl = 60)]
const RATE: f64 = 1.1;

#[cache(ttl = 60)]
type Name = String;

fn main() {}
