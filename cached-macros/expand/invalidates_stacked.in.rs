// Above a `#[cache]`, `#[invalidates]` moves below it: a call that hits invalidates as well.

#[invalidates("visits:{id}")]
#[invalidates(tags = ["visits"])]
#[cache(ttl = 60, key = "profile:{id}")]
fn profile(id: u64) -> Profile {
    Profile::load(id)
}
