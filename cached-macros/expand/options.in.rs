// Everything that can be said about how values are kept.

#[cache(
    ttl = Duration::from_secs(60) * MINUTES,
    null_ttl = 0,
    capacity = 1_000_000,
    weight = |_key, text| text.len() as u32,
    policy = "lru",
    jitter = 0.1,
    lock = "none",
    when = page < 10,
    unless = |text| text.is_empty(),
    backend = "scratch",
    key = "text:{page}",
)]
fn text(page: u32) -> Option<String> {
    render(page)
}
