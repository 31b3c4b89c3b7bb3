//! Outputs that are mounted, on read-only disks, or across devices.

use insta::assert_snapshot;

use crate::tools::{OLD, is_possible, sandbox, shell};

const MOUNTS: [&str; 3] = ["unshare", "-rm", "true"];

/// What the user sees of a run after these mounts, and then the outputs as they are.
fn check(mounts: &str, before: &str, after: &str) -> String {
    let sandbox = sandbox();
    sandbox.replace(before, after);
    let script = format!(
        r#"
        {mounts}
        code=0
        "$0" run pipeline.toml || code=$?
        find out | sort
        cat out/result.csv
        exit $code
        "#
    );
    shell(&sandbox, &["unshare", "-rm"], &script).text()
}

#[test]
fn a_folder_on_a_read_only_disk_is_an_error_before_the_run() {
    if is_possible("a read-only disk", &MOUNTS) {
        let mounts = "mount --bind out out; mount -o remount,ro,bind out";
        assert_snapshot!(check(mounts, "demo", "demo"), @"
        exit code: 1
        --- standard output
        out
        out/result.csv
        id,name
        0,old
        --- standard error
        error: sink `result`: no permission to write `out/result.csv`
        ");
    }
}

#[test]
fn a_file_that_is_a_mount_point_is_an_error_before_the_run() {
    if is_possible("a mounted file", &MOUNTS) {
        let mounts =
            "printf 'id,name\\n9,mounted\\n' >mounted; mount --bind mounted out/result.csv";
        assert_snapshot!(check(mounts, "demo", "demo"), @"
        exit code: 2
        --- standard output
        out
        out/result.csv
        id,name
        9,mounted
        --- standard error
        error: sink `result`: `out/result.csv` is a mount point, which cannot be replaced as a whole
        hint: mount the folder that the file is in instead of the file
        ");
    }
}

#[test]
fn a_folder_of_parts_that_is_a_mount_point_is_an_error_before_the_run() {
    if is_possible("a mounted folder", &MOUNTS) {
        let mounts = "mkdir out/parts; mount -t tmpfs none out/parts";
        assert_snapshot!(check(mounts, "out/result.csv\"", "out/parts/\"\nformat = \"csv\""), @"
        exit code: 2
        --- standard output
        out
        out/parts
        out/result.csv
        id,name
        0,old
        --- standard error
        error: sink `result`: `out/parts/` is a mount point, which cannot be replaced as a whole
        hint: name a folder in it, which can be replaced
        ");
    }
}

#[test]
fn a_link_to_another_disk_is_written_there() {
    if !is_possible("a link to another disk", &MOUNTS) {
        return;
    }
    let sandbox = sandbox();
    let script = r#"
        mkdir disk
        mount -t tmpfs none disk
        mv out/result.csv disk/real.csv
        ln -s ../disk/real.csv out/result.csv
        "$0" run pipeline.toml --quiet
        readlink out/result.csv
        ls -A disk out
        cat disk/real.csv
    "#;
    let ran = shell(&sandbox, &["unshare", "-rm"], script).well();
    let expect = format!(
        "../disk/real.csv\ndisk:\nreal.csv\n\nout:\nresult.csv\n{}",
        crate::support::CUSTOMERS
    );
    assert_eq!(ran.stdout(), expect);
}

#[test]
fn a_disk_that_is_mounted_over_the_output_in_the_middle_of_a_run_is_an_error() {
    if !is_possible("a disk mounted over the output", &MOUNTS) {
        return;
    }
    let sandbox = sandbox();
    sandbox.write("customers.csv", crate::tools::large_table(100_000));
    crate::tools::from_standard_input(&sandbox);
    // What was written is on one device then, and the place on another.
    let script = r#"
        mkfifo input events
        "$0" run pipeline.toml --json <input >events &
        exec 3>input 4<events
        cat customers.csv >&3
        while read -r line <&4; do case $line in *'"event":"started"'*) break; esac; done
        mount -t tmpfs none out
        exec 3>&-
        while read -r line <&4; do last=$line; done
        code=0
        wait $! || code=$?
        echo "$last"
        ls -A out
        umount out
        cat out/result.csv
        exit $code
    "#;
    let ran = shell(&sandbox, &["unshare", "-rm"], script);
    assert_snapshot!(ran.text(), @r#"
    exit code: 1
    --- standard output
    {"event":"failed","code":"output_lost","message":"sink `result`: the folder of `out/result.csv` was removed or replaced while it was written","hint":"run it again","blame":"environment","exit_code":1}
    id,name
    0,old
    --- standard error
    "#);
    assert_eq!(sandbox.read("out/result.csv"), OLD);
}
