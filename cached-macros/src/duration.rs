//! Durations as people write them: `60`, `60 * 60`, `"250ms"`, `"1h 30m"`.

use syn::{BinOp, Expr, ExprBinary, ExprLit, Lit, LitStr};

use crate::args::peel;

/// A span of time that an attribute names.
#[derive(Clone)]
#[cfg_attr(test, derive(Debug))]
pub(crate) enum Time {
    /// Known now.
    Known { seconds: u64, nanoseconds: u32 },
    /// A `Duration` that the program computes.
    Computed(Box<Expr>),
}

impl Time {
    pub(crate) fn is_zero(&self) -> bool {
        matches!(self, Self::Known { seconds: 0, nanoseconds: 0 })
    }

    /// Whether it is longer, as far as both are known.
    pub(crate) fn is_certainly_longer_than(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Known { seconds, nanoseconds },
                Self::Known { seconds: other_seconds, nanoseconds: other_nanoseconds },
            ) => (seconds, nanoseconds) > (other_seconds, other_nanoseconds),
            _ => false,
        }
    }

    fn seconds(seconds: u64) -> Self {
        Self::Known { seconds, nanoseconds: 0 }
    }
}

/// Reads the value of the argument `name`.
pub(crate) fn parse(name: &str, value: &Expr) -> syn::Result<Time> {
    let wrong = |message: String| Err(syn::Error::new_spanned(value, message));
    match peel(value) {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => parse_text(name, text),
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) if is_unit(number.suffix()) => wrong(format!(
            "a duration with a unit is a string: `{name} = \"{}{}\"`",
            number.base10_digits(),
            number.suffix()
        )),
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => wrong(format!(
            "`{name}` takes whole seconds; write the fraction in a smaller unit: `{name} = \"{}\"`",
            fraction(number.base10_digits())
        )),
        Expr::Lit(ExprLit { lit: Lit::Int(_), .. }) | Expr::Binary(_) => match fold(value) {
            Folded::Number(seconds) => Ok(Time::seconds(seconds)),
            Folded::TooLarge => wrong(format!(
                "`{name}` does not fit into 64 bits of seconds; `{name} = \"10000w\"` is long enough for ever"
            )),
            Folded::NoConstant => Ok(Time::Computed(Box::new(value.clone()))),
        },
        Expr::Lit(_) => wrong(format!("`{name}` takes seconds (`60`), a string (`\"5m\"`) or a `Duration` expression")),
        Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Neg(_)) => {
            wrong(format!("`{name}` cannot be negative; write `{name} = 60`"))
        }
        _ => Ok(Time::Computed(Box::new(value.clone()))),
    }
}

enum Folded {
    Number(u64),
    TooLarge,
    NoConstant,
}

/// The value of integer arithmetic such as `60 * 60`, which would otherwise be an integer where a `Duration` is wanted.
fn fold(expr: &Expr) -> Folded {
    match peel(expr) {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => {
            number.base10_parse().map_or(Folded::TooLarge, Folded::Number)
        }
        Expr::Binary(ExprBinary { left, op, right, .. }) => {
            let (left, right) = match (fold(left), fold(right)) {
                (Folded::Number(left), Folded::Number(right)) => (left, right),
                (Folded::NoConstant, _) | (_, Folded::NoConstant) => return Folded::NoConstant,
                _ => return Folded::TooLarge,
            };
            let value = match op {
                BinOp::Add(_) => left.checked_add(right),
                BinOp::Sub(_) => left.checked_sub(right),
                BinOp::Mul(_) => left.checked_mul(right),
                BinOp::Div(_) => left.checked_div(right),
                _ => return Folded::NoConstant,
            };
            value.map_or(Folded::TooLarge, Folded::Number)
        }
        _ => Folded::NoConstant,
    }
}

fn fraction(number: &str) -> String {
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let mut milliseconds: String = part.chars().take(3).collect();
    while milliseconds.len() < 3 {
        milliseconds.push('0');
    }
    let milliseconds = milliseconds.trim_start_matches('0');
    match (whole.trim_start_matches('0'), milliseconds) {
        ("", "") => "1ms".to_owned(),
        ("", milliseconds) => format!("{milliseconds}ms"),
        (whole, "") => format!("{whole}s"),
        (whole, milliseconds) => format!("{whole}s {milliseconds}ms"),
    }
}

const UNITS: &[(&[&str], u128)] = &[
    (&["ns", "nanosecond", "nanoseconds"], 1),
    (&["us", "µs", "μs", "microsecond", "microseconds"], 1_000),
    (&["ms", "millisecond", "milliseconds"], 1_000_000),
    (&["s", "sec", "secs", "second", "seconds"], NANOSECONDS),
    (&["m", "min", "mins", "minute", "minutes"], 60 * NANOSECONDS),
    (&["h", "hour", "hours"], 3_600 * NANOSECONDS),
    (&["d", "day", "days"], 86_400 * NANOSECONDS),
    (&["w", "week", "weeks"], 7 * 86_400 * NANOSECONDS),
];

const NANOSECONDS: u128 = 1_000_000_000;

fn unit(name: &str) -> Option<u128> {
    UNITS.iter().find(|(names, _)| names.contains(&name)).map(|(_, nanoseconds)| *nanoseconds)
}

fn is_unit(name: &str) -> bool {
    unit(name).is_some()
}

fn parse_text(name: &str, literal: &LitStr) -> syn::Result<Time> {
    let text = literal.value();
    let nanoseconds =
        total(&text).map_err(|problem| syn::Error::new(literal.span(), format!("`{name} = {text:?}`: {problem}")))?;
    let seconds = u64::try_from(nanoseconds / NANOSECONDS);
    let rest = u32::try_from(nanoseconds % NANOSECONDS);
    match (seconds, rest) {
        (Ok(seconds), Ok(nanoseconds)) => Ok(Time::Known { seconds, nanoseconds }),
        _ => Err(syn::Error::new(literal.span(), format!("`{name} = {text:?}` does not fit into 64 bits of seconds"))),
    }
}

/// The sum of all `number unit` pairs of the text, in nanoseconds.
fn total(text: &str) -> Result<u128, String> {
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err("a duration is missing; write a number and a unit, such as `\"5m\"`".to_owned());
    }
    let mut sum = 0u128;
    let mut seen = Vec::new();
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '_')).unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        if number.is_empty() {
            return Err(format!("expected a number at `{rest}`"));
        }
        if after.starts_with('.') {
            return Err(
                "fractions are not understood: write the rest in a smaller unit, such as `\"1h 30m\"` for `\"1.5h\"`"
                    .to_owned(),
            );
        }
        let after = after.trim_start();
        let letters = after.find(|c: char| !c.is_alphabetic()).unwrap_or(after.len());
        let (unit_name, after) = after.split_at(letters);
        if unit_name.is_empty() {
            return Err(format!("`{number}` has no unit; write `\"{number}s\"`, or the number alone for seconds"));
        }
        let Some(factor) = unit(unit_name) else {
            return Err(format!(
                "unknown unit `{unit_name}`; the units are `ns`, `us`, `ms`, `s`, `m`, `h`, `d` and `w`"
            ));
        };
        if seen.contains(&factor) {
            return Err(format!("the unit `{unit_name}` comes twice"));
        }
        seen.push(factor);
        let number: u128 = number.replace('_', "").parse().map_err(|_| format!("`{number}` is too large"))?;
        sum = number
            .checked_mul(factor)
            .and_then(|part| sum.checked_add(part))
            .ok_or_else(|| format!("`{number}{unit_name}` is too large"))?;
        rest = after.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: Expr) -> Result<(u64, u32), String> {
        match parse("ttl", &value) {
            Ok(Time::Known { seconds, nanoseconds }) => Ok((seconds, nanoseconds)),
            Ok(Time::Computed(_)) => Err("computed".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn seconds_strings_and_arithmetic() {
        assert_eq!(read(syn::parse_quote!(60)), Ok((60, 0)));
        assert_eq!(read(syn::parse_quote!(60 * 60 + 1)), Ok((3601, 0)));
        assert_eq!(read(syn::parse_quote!(2 * (3 + 4))), Ok((14, 0)));
        assert_eq!(read(syn::parse_quote!("250ms")), Ok((0, 250_000_000)));
        assert_eq!(read(syn::parse_quote!("1h 30m")), Ok((5400, 0)));
        assert_eq!(read(syn::parse_quote!("1h30m")), Ok((5400, 0)));
        assert_eq!(read(syn::parse_quote!("2 days, 1 hour")), Ok((176_400, 0)));
        assert_eq!(read(syn::parse_quote!("1_000us 5ns")), Ok((0, 1_000_005)));
        assert_eq!(read(syn::parse_quote!("1w")), Ok((604_800, 0)));
        assert_eq!(read(syn::parse_quote!(LONG)), Err("computed".to_owned()));
        assert_eq!(read(syn::parse_quote!(LONG * 2)), Err("computed".to_owned()));
    }

    #[test]
    fn mistakes_name_the_fix() {
        let message = |value: Expr| read(value).expect_err("is no duration");
        assert!(message(syn::parse_quote!("60")).contains("`\"60s\"`"));
        assert!(message(syn::parse_quote!("")).contains("missing"));
        assert!(message(syn::parse_quote!("5 parsecs")).contains("unknown unit `parsecs`"));
        assert!(message(syn::parse_quote!("1.5h")).contains("1h 30m"));
        assert!(message(syn::parse_quote!("1s 2s")).contains("twice"));
        assert!(message(syn::parse_quote!("m5")).contains("expected a number"));
        assert!(message(syn::parse_quote!("99999999999999999999w")).contains("64 bits"));
        assert!(message(syn::parse_quote!("999999999999999999999999999999999999999w")).contains("too large"));
        assert!(message(syn::parse_quote!(99999999999999999999)).contains("64 bits"));
        assert!(message(syn::parse_quote!(1.5)).contains("\"1s 500ms\""));
        assert!(message(syn::parse_quote!(0.25)).contains("\"250ms\""));
        assert!(message(syn::parse_quote!(true)).contains("\"5m\""));
        assert!(message(syn::parse_quote!(-1)).contains("negative"));
        assert!(message(syn::parse_quote!(1 - 2)).contains("64 bits"));
    }

    #[test]
    fn a_unit_behind_a_number_is_recognised() {
        let value: Expr = syn::parse_str("250ms").expect("a literal with a suffix");
        assert!(read(value).expect_err("is no string").contains("`ttl = \"250ms\"`"));
    }
}
