//! What the operating system is asked for directly: its coarse clock, and a fence of all threads.

/// Has the processor fetch what will be needed soon. Never faults, whatever is there.
#[inline]
pub(in crate::memory) fn prefetch<T>(place: *const T) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: a hint, which reads nothing.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(place.cast());
    }
    #[cfg(not(all(target_arch = "x86_64", not(miri))))]
    let _ = place;
}

#[cfg(all(not(miri), any(target_os = "linux", target_os = "android")))]
#[cfg_attr(shuttle, allow(dead_code, reason = "the checker knows no fences"))]
mod linux {
    use std::mem::MaybeUninit;

    use crate::clock::{Clock, Tick};

    // As in the kernel's include/uapi/linux/membarrier.h.
    const PRIVATE_EXPEDITED: libc::c_int = 1 << 3;
    const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;

    fn membarrier(command: libc::c_int) -> bool {
        // SAFETY: the call reads and writes no memory of ours; where the kernel does not know it, it fails.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
    }

    /// What has to come once before [`fence_everybody`]. False if that does not work here.
    pub(crate) fn register() -> bool {
        membarrier(REGISTER_PRIVATE_EXPEDITED)
    }

    /// A full fence of every thread of the process. False if it failed.
    pub(crate) fn fence_everybody() -> bool {
        membarrier(PRIVATE_EXPEDITED)
    }

    /// The same as [`Clock::system`] says, but for what converting there and back rounds off.
    #[inline]
    pub(crate) fn now() -> Tick {
        let mut time = MaybeUninit::<libc::timespec>::uninit();
        // SAFETY: the place is there to be written to.
        if unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC_COARSE, time.as_mut_ptr()) } != 0 {
            return Clock::system().now();
        }
        // SAFETY: written, as the result says.
        let time = unsafe { time.assume_init() };
        Tick::new(time.tv_sec as u32, time.tv_nsec as u32)
    }
}

#[cfg(any(miri, not(any(target_os = "linux", target_os = "android"))))]
mod elsewhere {
    use crate::clock::{Clock, Tick};

    pub(crate) fn register() -> bool {
        false
    }

    pub(crate) fn fence_everybody() -> bool {
        false
    }

    #[inline]
    pub(crate) fn now() -> Tick {
        Clock::system().now()
    }
}

#[cfg(any(miri, not(any(target_os = "linux", target_os = "android"))))]
pub(in crate::memory) use elsewhere::*;
#[cfg(all(not(miri), any(target_os = "linux", target_os = "android")))]
pub(in crate::memory) use linux::*;
