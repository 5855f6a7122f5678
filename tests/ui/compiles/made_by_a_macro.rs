//! Functions that another macro writes, with names from inside and from outside of it.

use cached_core::{cache, invalidates};

macro_rules! finder {
    ($name:ident, $save:ident, $argument:ident, $ty:ty, $ttl:expr, $key:literal) => {
        #[cache(ttl = $ttl, key = $key)]
        fn $name($argument: $ty, extra: u32) -> Option<String> {
            Some(format!("{}{extra}", $argument))
        }

        #[invalidates($name($argument), $key)]
        fn $save($argument: $ty) -> Result<(), String> {
            let _ = $argument;
            Ok(())
        }
    };
}

finder!(find_user, save_user, id, u64, 60, "user:{id}");
finder!(find_team, save_team, name, &str, "5m", "team:{name}");

macro_rules! default_key {
    ($($name:ident)*) => {$(
        #[cache(ttl = 60)]
        fn $name(id: u64) -> u64 {
            id
        }
    )*};
}

default_key!(one two);

fn main() {
    assert_eq!(find_user(1, 2).as_deref(), Some("12"));
    assert_eq!(find_team("a", 2).as_deref(), Some("a2"));
    assert_eq!(find_user::key(7), "user:7");
    assert!(save_user(1).is_ok() && save_team("a").is_ok());
    assert_eq!(one(1) + two(2), 3);
    one::invalidate(1);
}
