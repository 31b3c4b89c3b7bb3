//! What the `stepwell` command prints, how it exits, and what it leaves behind.
