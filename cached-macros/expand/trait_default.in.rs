// A method with a body in a trait: each implementor has a scope of its own.

trait Source {
    #[cache(ttl = 60, skip(self))]
    fn version(&self) -> u32 {
        self.fetch_version()
    }
}
