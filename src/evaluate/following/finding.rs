//! Findings of the lag scan.
