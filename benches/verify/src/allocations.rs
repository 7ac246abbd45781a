//! How often the allocator is asked, for how many bytes, and how many it does not get back.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

struct Counting;

#[derive(Clone, Copy)]
pub struct Cost {
    pub count: i64,
    pub bytes: i64,
    pub kept: i64,
}

// Of each thread its own: one counter for all would be what threads wait for when their speed is measured.
thread_local! {
    static COST: Cell<Cost> = const { Cell::new(Cost { count: 0, bytes: 0, kept: 0 }) };
}

fn add(change: Cost) {
    let cost = COST.get();
    COST.set(Cost {
        count: cost.count + change.count,
        bytes: cost.bytes + change.bytes,
        kept: cost.kept + change.kept,
    });
}

// SAFETY: every call goes to the system's allocator as it came; the counters neither allocate nor have a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let bytes = layout.size() as i64;
        add(Cost { count: 1, bytes, kept: bytes });
        // SAFETY: the caller's promise, passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        add(Cost { count: 0, bytes: 0, kept: -(layout.size() as i64) });
        // SAFETY: the caller's promise, passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What some work costs that the calling thread does.
pub fn of(work: impl FnOnce()) -> Cost {
    let before = COST.get();
    work();
    let after = COST.get();
    Cost { count: after.count - before.count, bytes: after.bytes - before.bytes, kept: after.kept - before.kept }
}
