impl Catalogue {
    fn set_price(&mut self, sku: &str, price: Price) -> &mut Price {
        let mut __pending = {
            use ::cached_core::__private::{self as __rt, via::*};
            __rt::Pending::new(
                ::cached_core::Invalidation::new()
                    .target(
                        Self::__price_companion(self, ::core::clone::Clone::clone(&sku)),
                    )
                    .target(Catalogue::__stock_companion_all())
                    .key(
                        __rt::Template::new(&["shop:", ""])
                            .render(&((&&__rt::Part(&self.shop)).part(),)),
                    ),
            )
        };
        let __output = {
            fn __call<__R>(__body: impl ::core::ops::FnOnce() -> __R) -> __R {
                __body()
            }
            __call(move || -> &mut Price {
                self.prices.entry(sku.to_owned()).insert(price)
            })
        };
        {
            use ::cached_core::__private::{self as __rt, via::*};
            let __shape = (&&&&__rt::Returns::<&mut Price>::NEW).outcome();
            if __shape.is_ok(&__output) {
                __pending.run().wait();
            } else {
                __pending.disarm();
            }
        }
        __output
    }
}
