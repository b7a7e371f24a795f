// Kernels that the meter is measured on, in Rust. Each export runs once and gives a checksum.
use std::collections::{BTreeMap, HashMap};

fn next(state: &mut u32) -> u32 {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    *state
}

#[no_mangle]
pub extern "C" fn rust_sort() -> u32 {
    let mut state = 1;
    let mut numbers: Vec<u32> = (0..100_000).map(|_| next(&mut state)).collect();
    numbers.sort();
    numbers[0] ^ numbers[50_000]
}

#[no_mangle]
pub extern "C" fn rust_hash_map() -> u32 {
    let mut counts: HashMap<u32, u32> = HashMap::new();
    let mut state = 3;
    for _ in 0..100_000 {
        *counts.entry(next(&mut state) % 5_000).or_insert(0) += 1;
    }
    counts.values().map(|count| count * count).sum()
}

#[no_mangle]
pub extern "C" fn rust_tree_map() -> u32 {
    let mut tree = BTreeMap::new();
    let mut state = 5;
    for turn in 0..50_000u32 {
        tree.insert(next(&mut state) & 0xffff, turn);
    }
    tree.range(1_000..30_000).map(|(key, value)| key ^ value).fold(0, |sum, value| sum.wrapping_add(value))
}

#[no_mangle]
pub extern "C" fn rust_strings() -> u32 {
    let mut text = String::new();
    for turn in 0..5_000u32 {
        text.push_str(&format!("{}:{:x};", turn, turn.wrapping_mul(2_654_435_761)));
    }
    text.split(';').filter_map(|part| part.split(':').next()).filter_map(|part| part.parse::<u32>().ok()).sum()
}

trait Shape {
    fn area(&self) -> f64;
}
struct Square(f64);
struct Circle(f64);
impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
}
impl Shape for Circle {
    fn area(&self) -> f64 {
        self.0 * self.0 * 3.0
    }
}

#[no_mangle]
pub extern "C" fn rust_dynamic() -> u32 {
    let shapes: Vec<Box<dyn Shape>> =
        (0..1_000).map(|i| if i % 3 == 0 { Box::new(Square(i as f64)) as Box<dyn Shape> } else { Box::new(Circle(i as f64)) }).collect();
    let mut sum = 0.0;
    for _ in 0..200 {
        for shape in &shapes {
            sum += shape.area();
        }
    }
    (sum / 1e6) as u32
}
