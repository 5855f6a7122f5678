fn delete_user(db: &mut Db, id: u64, dry_run: bool) -> Result<(), DbError> {
    let __when: bool = !dry_run;
    let mut __pending = {
        use ::cached_core::__private::{self as __rt, via::*};
        __rt::Pending::new(
            if __when {
                ::cached_core::Invalidation::new()
                    .key(
                        __rt::Template::new(&["user:", ""])
                            .render(&((&&__rt::Part(&id)).part(),)),
                    )
            } else {
                ::cached_core::Invalidation::new()
            },
        )
    };
    __pending.before().wait();
    let __output = {
        fn __call<__R>(__body: impl ::core::ops::FnOnce() -> __R) -> __R {
            __body()
        }
        __call(move || -> Result<(), DbError> { db.delete(id, dry_run) })
    };
    __pending.run().wait();
    __output
}
fn reset() {
    let mut __pending = {
        use ::cached_core::__private::{self as __rt, via::*};
        __rt::Pending::new(
            ::cached_core::Invalidation::new()
                .key(__rt::Template::new(&["settings"]).render(&())),
        )
    };
    let __output = {
        fn __call<__R>(__body: impl ::core::ops::FnOnce() -> __R) -> __R {
            __body()
        }
        __call(move || {
            SETTINGS.reset();
        })
    };
    __pending.run().wait();
    __output
}
