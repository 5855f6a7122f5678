// `:?` and `:hash`, braces as text, and a separator that values have to escape.

#[cache(ttl = 60, key = "{{v2}}/{kind:?}/{filter:hash}/{from}-{to}/{names.join(\",\")}")]
fn search(kind: Kind, filter: &Filter, from: u32, to: u32, names: &[String]) -> Vec<Hit> {
    index().search(kind, filter, from..to, names)
}
