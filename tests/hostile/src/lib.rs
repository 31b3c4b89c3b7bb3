//! Attacks on the host, and what becomes of them.
//!
//! `tests/guests/hostile` is a step that knows many attacks; its list of them is that of the tests, so an attack without
//! a test does not compile. What a component can do before any of its functions is called is written here as text.
//! After each attack, the engine that it was made on still runs another step, and an instance that was open before
//! still works.
