//! Limits that the test hosts' kernel or engine cannot set: their engine drops them with a warning or refuses them. Proved on documents, in `documents.rs`.

use crate::case::{Case, on_documents};

const NO_MEMORY: &str = "no memory controller";
const NO_CPU: &str = "no cpu controller";
const NO_IO: &str = "no io controller";

pub const CASES: [Case; 24] = [
    on_documents("--memory", "/HostConfig/Memory", "67108864", NO_MEMORY),
    on_documents("--memory-reservation", "/HostConfig/MemoryReservation", "33554432", NO_MEMORY),
    on_documents("--memory-swap", "/HostConfig/MemorySwap", "134217728", NO_MEMORY),
    on_documents("--memory-swappiness", "/HostConfig/MemorySwappiness", "10", NO_MEMORY),
    on_documents("--kernel-memory", "/HostConfig/KernelMemory", "50331648", "no cgroup v1"),
    on_documents("--oom-kill-disable", "/HostConfig/OomKillDisable", "true", "no cgroup v1"),
    on_documents("--cpus", "/HostConfig/NanoCpus", "500000000", NO_CPU),
    on_documents("--cpu-period", "/HostConfig/CpuPeriod", "50000", NO_CPU),
    on_documents("--cpu-quota", "/HostConfig/CpuQuota", "20000", NO_CPU),
    on_documents("--cpu-shares", "/HostConfig/CpuShares", "512", NO_CPU),
    on_documents("--cpu-rt-period", "/HostConfig/CpuRealtimePeriod", "100000", "no cgroup v1 with real-time groups"),
    on_documents("--cpu-rt-runtime", "/HostConfig/CpuRealtimeRuntime", "1000", "no cgroup v1 with real-time groups"),
    on_documents("--cpuset-cpus", "/HostConfig/CpusetCpus", "\"0-1\"", "no cpuset controller"),
    on_documents("--cpuset-mems", "/HostConfig/CpusetMems", "\"0\"", "no cpuset controller"),
    on_documents("--pids-limit", "/HostConfig/PidsLimit", "50", "no pids controller"),
    on_documents("--blkio-weight", "/HostConfig/BlkioWeight", "300", NO_IO),
    on_documents("--blkio-weight-device", "/HostConfig/BlkioWeightDevice", r#"[{"Path": "/dev/sda", "Weight": 300}]"#, NO_IO),
    on_documents("--device-read-bps", "/HostConfig/BlkioDeviceReadBps", r#"[{"Path": "/dev/sda", "Rate": 1048576}]"#, NO_IO),
    on_documents("--device-read-iops", "/HostConfig/BlkioDeviceReadIOps", r#"[{"Path": "/dev/sda", "Rate": 100}]"#, NO_IO),
    on_documents("--device-write-bps", "/HostConfig/BlkioDeviceWriteBps", r#"[{"Path": "/dev/sda", "Rate": 1048576}]"#, NO_IO),
    on_documents("--device-write-iops", "/HostConfig/BlkioDeviceWriteIOps", r#"[{"Path": "/dev/sda", "Rate": 100}]"#, NO_IO),
    on_documents(
        "--gpus",
        "/HostConfig/DeviceRequests",
        r#"[{"Driver": "", "Count": -1, "DeviceIDs": null, "Capabilities": [["gpu"]], "Options": {}}]"#,
        "no GPU",
    ),
    on_documents("--storage-opt", "/HostConfig/StorageOpt", r#"{"size": "10G"}"#, "no file system with project quotas"),
    on_documents("--privileged", "/HostConfig/Privileged", "true", "not every capability (Docker 20.10 needs them all)"),
];
