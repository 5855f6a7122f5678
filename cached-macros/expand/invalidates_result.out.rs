async fn place_order(order: Order, region: String) -> Result<Placed, Error> {
    let (mut __pending, __kept0, __kept1) = {
        use ::cached_core::__private::{self as __rt, via::*};
        (
            __rt::Pending::new(
                ::cached_core::Invalidation::new()
                    .tag(__rt::Template::new(&["orders"]).render(&())),
            ),
            ::core::clone::Clone::clone(&region),
            __rt::Template::new(&["orders:", ":", ""])
                .capture((&&__rt::Part(&region)).part()),
        )
    };
    let __output = async move {
        if let ::core::option::Option::Some(__edge) = ::core::option::Option::None::<
            Result<Placed, Error>,
        > {
            return __edge;
        }
        order.place(region).await
    }
        .await;
    use ::cached_core::__private::{self as __rt, via::*};
    let __shape = (&&&&__rt::Returns::<Result<Placed, Error>>::NEW).outcome();
    let __kept = {
        let __output = __output;
        if __shape.is_ok(&__output)
            && __shape.value(&__output).is_none_or(|result| result.changed)
        {
            if let ::core::option::Option::Some(result) = __shape.value(&__output) {
                __pending
                    .add(
                        ::cached_core::Invalidation::new()
                            .target(<find_order>::__target(result.id, __kept0))
                            .key(
                                __rt::Template::new(&["orders:", ":", ""])
                                    .render(&(__kept1, (&&__rt::Part(&result.customer)).part())),
                            ),
                    );
            }
        } else {
            __pending.disarm();
        }
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
