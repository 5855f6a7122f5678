//! G3: a placeholder beside a wildcard stands for itself alone, whatever its value. In a process of its own, since each case invalidates tags
//! that every cache of the process hears of.

use std::collections::BTreeSet;

use cached_core::{cache, invalidates};
use proptest::prelude::*;

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-c:%*{}\\[\\](),~=_ 2-]{0,6}", any::<String>(), Just("%2A".to_owned()), Just("*".to_owned())]
}

proptest! {
    #[test]
    fn a_placeholder_beside_a_wildcard_stands_for_itself_alone(values in prop::collection::btree_set(text(), 2..6), chosen in any::<prop::sample::Index>()) {
        #[cache(capacity = 1_000_000, key = "g3-wild:{a}/{b}", tags = ["g3-wild:{a}"])]
        fn load(a: &str, b: &str) -> String {
            format!("{a} {b}")
        }
        #[invalidates("g3-wild:{a}/*")]
        fn first(a: &str) {}
        #[invalidates("g3-wild:*/{b}")]
        fn second(b: &str) {}
        #[invalidates("g3-wild:{a}/{b}")]
        fn both(a: &str, b: &str) {}
        #[invalidates(tags = ["g3-wild:{a}"])]
        fn tagged(a: &str) {}
        let values: Vec<String> = values.into_iter().collect();
        let chosen = chosen.get(&values);
        let fill = || for value in &values {
            load(value, value);
        };
        load::cache().clear();
        let left = || {
            load::cache().run_pending();
            let keys: BTreeSet<String> = load::cache().keys().into_iter().map(|info| info.key).collect();
            keys
        };
        let all_but_chosen: BTreeSet<String> = values.iter().filter(|value| *value != chosen).map(|value| load::key(value, value)).collect();
        let writes: [&dyn Fn(); 4] = [&|| first(chosen), &|| second(chosen), &|| both(chosen, chosen), &|| tagged(chosen)];
        for (number, write) in writes.into_iter().enumerate() {
            fill();
            write();
            prop_assert_eq!(left(), all_but_chosen.clone(), "{}", number);
        }
    }
}
