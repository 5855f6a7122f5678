//! Annotated functions in nested modules and inside functions, used from outside.

mod shop {
    pub mod users {
        use cached_core::cache;

        #[cache(ttl = 60)]
        pub(in crate::shop) fn secret(id: u64) -> u64 {
            id
        }

        #[cache(ttl = 60)]
        pub(crate) fn name(id: u64) -> String {
            super::users::secret(id).to_string()
        }
    }

    pub fn forget(id: u64) {
        users::secret::invalidate(id);
    }

    #[cached_core::invalidates(users::name(id), users::secret(*))]
    pub fn save(id: u64) {
        let _ = id;
    }
}

use shop::users::name;

fn main() {
    struct Local(u32);

    #[cached_core::cache(ttl = 60, key = "local:{local.0}", companion)]
    fn inside(local: &Local) -> u32 {
        #[cached_core::cache(ttl = 60)]
        fn deeper(number: u32) -> u32 {
            number + 1
        }
        deeper(local.0)
    }

    assert_eq!(name(1), "1");
    name::invalidate(1);
    shop::forget(1);
    shop::save(1);
    assert_eq!(inside(&Local(1)), 2);
    assert_eq!(inside::key(&Local(1)), "local:1");
}
