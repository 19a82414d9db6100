//! Options that tell the client what to do, of which the engine keeps nothing.

use crate::case::{Case, nothing_to_carry};

pub const CASES: [Case; 10] = [
    nothing_to_carry("--cidfile", "the client writes a file with the first container's id, and does so once"),
    nothing_to_carry(
        "--detach",
        "whether the client waits; the engine's document is the same but for the streams it attached (`--attach`)",
    ),
    nothing_to_carry("--detach-keys", "of the client's session"),
    nothing_to_carry("--disable-content-trust", "of the client's pull"),
    nothing_to_carry("--help", "shows the options"),
    nothing_to_carry("--platform", "chose the image; a newer one is pulled for the platform that the old one has"),
    nothing_to_carry("--pull", "when the client pulls; the agent pulls by digest"),
    nothing_to_carry("--quiet", "of the client's pull"),
    nothing_to_carry("--sig-proxy", "of the client's session"),
    nothing_to_carry("network connect --help", "shows the options"),
];
