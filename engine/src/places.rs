//! Places that stay: a number names what lies there for as long as it lies there. Bounded.

/// Things in places that stay; place 0 is nobody's, so that a number can say "none".
pub struct Places<T> {
    all: Vec<Option<Box<T>>>,
    free: Vec<u32>,
    most: u32,
}

impl<T> Places<T> {
    /// No more than so many.
    #[must_use]
    pub fn new(most: u32) -> Self {
        Self { all: vec![None], free: Vec::new(), most }
    }

    /// Puts one in, where there is room.
    pub fn put(&mut self, one: T) -> Option<u32> {
        if let Some(place) = self.free.pop() {
            *self.all.get_mut(place as usize)? = Some(Box::new(one));
            return Some(place);
        }
        let place = u32::try_from(self.all.len()).ok().filter(|place| *place <= self.most)?;
        self.all.push(Some(Box::new(one)));
        Some(place)
    }

    /// What lies there.
    #[inline]
    pub fn get(&mut self, place: u32) -> Option<&mut T> {
        self.all.get_mut(place as usize)?.as_deref_mut()
    }

    /// What lies there, to look at.
    #[must_use]
    pub fn look(&self, place: u32) -> Option<&T> {
        self.all.get(place as usize)?.as_deref()
    }

    /// Takes it out.
    pub fn take(&mut self, place: u32) -> Option<Box<T>> {
        let taken = self.all.get_mut(place as usize)?.take()?;
        self.free.push(place);
        Some(taken)
    }

    /// All that lies there.
    pub fn each(&mut self) -> impl Iterator<Item = &mut T> {
        self.all.iter_mut().filter_map(Option::as_deref_mut)
    }

    /// Every place with what lies there.
    #[must_use]
    pub fn all(&self) -> &[Option<Box<T>>] {
        &self.all
    }

    /// Every place that there is, taken or free.
    #[must_use]
    pub fn places(&self) -> std::ops::Range<u32> {
        1..u32::try_from(self.all.len()).unwrap_or(u32::MAX)
    }
}
