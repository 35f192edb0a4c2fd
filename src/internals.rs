//! The private rooms of the engine with their doors open: what tests, benches and fuzzing name.
#![allow(missing_docs)]

pub mod align {
    pub use crate::align::*;
}
pub mod audit {
    pub use crate::audit::*;
}
pub mod candidates {
    pub use crate::candidates::*;
}
pub mod charset {
    pub use crate::charset::*;
}
pub mod cluster {
    pub use crate::cluster::*;
}
pub mod hash {
    pub use crate::hash::*;
}
pub mod kernel {
    pub use crate::kernel::*;
}
pub mod model {
    pub use crate::model::*;
}
pub mod origin {
    pub use crate::origin::*;
}
pub mod shingle {
    pub use crate::shingle::*;
}
pub mod sketch {
    pub use crate::sketch::*;
}
pub mod template {
    pub use crate::template::*;
}
pub mod text {
    pub use crate::text::*;
}
pub mod index {
    pub mod format {
        pub use crate::index::format::*;
    }
    pub mod store {
        pub use crate::index::store::*;
    }
    pub mod verdict {
        pub use crate::index::verdict::*;
    }
    pub mod view {
        pub use crate::index::view::*;
    }
}
