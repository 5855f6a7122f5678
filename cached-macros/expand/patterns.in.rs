// Placeholders may use what patterns bind; `_` cannot make a difference to the result and is no part of the key.

#[cache(ttl = 60)]
fn distance((x, y): (f64, f64), Point { x: to_x, .. }: Point, mut scale: impl Into<f64> + KeyPart, _: &Tracer) -> f64 {
    scale = scale.into();
    scale * (x - to_x + y)
}
