async fn save_user(db: &Db, id: u64, user: &User) -> Result<(), DbError> {
    let mut __pending = {
        use ::cached_core::__private::{self as __rt, via::*};
        __rt::Pending::new(
            ::cached_core::Invalidation::new()
                .target(<find_user>::__target(::core::clone::Clone::clone(&id)))
                .target(<users::list_users>::__all())
                .key(
                    __rt::Template::new(&["user:", ""])
                        .render(&((&&__rt::Part(&id)).part(),)),
                )
                .matching(__rt::Template::new(&["users:list:*"]).render(&()))
                .tag(
                    __rt::Template::new(&["team:", ""])
                        .render(&((&&__rt::Part(&user.team)).part(),)),
                ),
        )
    };
    let __output = async move {
        if let ::core::option::Option::Some(__edge) = ::core::option::Option::None::<
            Result<(), DbError>,
        > {
            return __edge;
        }
        db.save(id, user).await
    }
        .await;
    use ::cached_core::__private::{self as __rt, via::*};
    let __shape = (&&&&__rt::Returns::<Result<(), DbError>>::NEW).outcome();
    let __kept = {
        match __shape.split(__output) {
            ::core::result::Result::Ok(__kept) => __kept,
            ::core::result::Result::Err(__output) => {
                __pending.disarm();
                return __output;
            }
        }
    };
    __pending.run().await;
    __shape.join(__kept)
}
