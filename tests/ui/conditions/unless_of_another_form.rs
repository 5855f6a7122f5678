use cached_core::cache;

#[cache(ttl = 60, unless = result.is_empty())]
fn unless_over_the_result(id: u64) -> String {
    id.to_string()
}

#[cache(ttl = 60, unless = id == 0)]
fn unless_over_arguments(id: u64) -> String {
    id.to_string()
}

#[cache(ttl = 60, unless = || true)]
fn unless_without_parameter(id: u64) -> String {
    id.to_string()
}

#[cache(ttl = 60, unless = async |name| name.is_empty())]
async fn unless_async(id: u64) -> String {
    id.to_string()
}

fn main() {}
