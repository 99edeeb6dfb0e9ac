//! What the best rivals measured, for the same rows.
//!
//! Measured earlier, each beside the same floor in one run on a quiet machine of the same kind,
//! pinned to one core, **without** keys, limits or metering, which the gateway has on here.

use super::figures::Metric;

/// The rivals' names and versions, in the order of [`figures`].
pub(super) const NAMES: [&str; 4] = [
    "Busbar 1.5.5",
    "TensorZero 2026.6",
    "Portkey 1.15",
    "LiteLLM 1.106",
];

/// The rivals' figures for a row, and their floor's.
pub(super) struct Rivals {
    pub(super) floor: &'static str,
    pub(super) figures: [&'static str; 4],
}

/// The rivals' figures for a metric of the same-dialect way.
pub(super) fn figures(metric: Metric) -> Option<Rivals> {
    let (floor, figures) = match metric {
        Metric::CpuPerRequest => ("19 us", ["63 us", "276 us", "1.3 ms", "14 ms"]),
        Metric::PerSecond => ("50,000", ["13,000", "3,600", "780", "73"]),
        Metric::P50At500 => ("0.18 ms", ["0.32 ms", "0.67 ms", "6 ms", "–"]),
        Metric::FirstEventP50 => ("0.13 ms", ["0.88 ms", "0.72 ms", "17 ms", "125 ms"]),
        Metric::CpuPerChunk => ("29 us", ["52 us", "92 us", "181 us", "1.5 ms"]),
        Metric::CpuPerMegabyte => ("0.33 ms", ["2.6 ms", "4.6 ms", "18 ms", "18 ms"]),
        Metric::MemoryIdle => ("2 MB", ["15 MB", "64 MB", "88 MB", "329 MB"]),
        Metric::MemoryAt500Streams => ("20 MB", ["39 MB", "127 MB", "251 MB", "433 MB"]),
        Metric::Start => ("7 ms", ["26 ms", "425 ms", "723 ms", "10.8 s"]),
        _ => return None,
    };
    Some(Rivals { floor, figures })
}
