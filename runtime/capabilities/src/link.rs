//! The functions of WASI in a linker. Where the use of a grant is recorded, a function of our own stands before
//! that of the library.

use stepwell_engine::{AuditAction, HostState};
use wasmtime::StoreContextMut;
use wasmtime::component::{HasData, Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliCtxView};
use wasmtime_wasi::clocks::{WasiClocks, WasiClocksCtxView};
use wasmtime_wasi::filesystem::WasiFilesystem;
use wasmtime_wasi::p2::bindings::{cli, clocks, filesystem, random, sockets};
use wasmtime_wasi::random::{WasiRandom, WasiRandomCtx};
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsCtxView};
use wasmtime_wasi_http::p2::bindings as http;
use wasmtime_wasi_http::{WasiHttp, WasiHttpCtxView};
use wasmtime_wasi_io::bindings::wasi::io;

use crate::files;
use crate::state::WasiState;

/// The version in which the library defines WASI. Components may have been built for an earlier one.
pub(crate) const VERSION: &str = "0.2.12";

type Context<'a> = StoreContextMut<'a, HostState>;

struct Table;

impl HasData for Table {
    type Data<'a> = &'a mut ResourceTable;
}

pub(crate) fn add_to_linker(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    io::error::add_to_linker::<_, Table>(linker, table)?;
    io::poll::add_to_linker::<_, Table>(linker, table)?;
    io::streams::add_to_linker::<_, Table>(linker, table)?;
    cli::exit::add_to_linker::<_, WasiCli>(linker, command_line)?;
    cli::environment::add_to_linker::<_, WasiCli>(linker, command_line)?;
    cli::stdin::add_to_linker::<_, WasiCli>(linker, command_line)?;
    cli::stdout::add_to_linker::<_, WasiCli>(linker, command_line)?;
    cli::stderr::add_to_linker::<_, WasiCli>(linker, command_line)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(linker, command_line)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(linker, command_line)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(linker, command_line)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(linker, command_line)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(linker, command_line)?;
    clocks::wall_clock::add_to_linker::<_, WasiClocks>(linker, clock)?;
    clocks::monotonic_clock::add_to_linker::<_, WasiClocks>(linker, clock)?;
    filesystem::types::add_to_linker::<_, WasiFilesystem>(linker, files::view)?;
    filesystem::preopens::add_to_linker::<_, WasiFilesystem>(linker, files::view)?;
    random::random::add_to_linker::<_, WasiRandom>(linker, numbers)?;
    random::insecure::add_to_linker::<_, WasiRandom>(linker, numbers)?;
    random::insecure_seed::add_to_linker::<_, WasiRandom>(linker, numbers)?;
    http::http::types::add_to_linker::<_, WasiHttp>(linker, &Default::default(), requests)?;
    http::http::outgoing_handler::add_to_linker::<_, WasiHttp>(linker, requests)?;
    // Sockets are there for components that import them without need; none can be opened.
    sockets::network::add_to_linker::<_, WasiSockets>(linker, &Default::default(), socket)?;
    sockets::instance_network::add_to_linker::<_, WasiSockets>(linker, socket)?;
    sockets::ip_name_lookup::add_to_linker::<_, WasiSockets>(linker, socket)?;
    sockets::tcp::add_to_linker::<_, WasiSockets>(linker, socket)?;
    sockets::tcp_create_socket::add_to_linker::<_, WasiSockets>(linker, socket)?;
    sockets::udp::add_to_linker::<_, WasiSockets>(linker, socket)?;
    sockets::udp_create_socket::add_to_linker::<_, WasiSockets>(linker, socket)?;
    linker.allow_shadowing(true);
    let result = add_recorders(linker).and_then(|()| files::add_recorders(linker));
    linker.allow_shadowing(false);
    result
}

fn add_recorders(linker: &mut Linker<HostState>) -> wasmtime::Result<()> {
    let mut environment = linker.instance(&format!("wasi:cli/environment@{VERSION}"))?;
    environment.func_wrap("get-environment", |mut store: Context<'_>, (): ()| {
        let (state, _) = WasiState::of(store.data_mut());
        for name in &state.variables {
            state
                .audit
                .record_often(&state.step, "environment", name)
                .map_err(|error| HostState::audit_failed(&error))?;
        }
        let mut view = command_line(store.data_mut());
        Ok((cli::environment::Host::get_environment(&mut view)?,))
    })?;
    let mut wall = linker.instance(&format!("wasi:clocks/wall-clock@{VERSION}"))?;
    wall.func_wrap("now", |mut store: Context<'_>, (): ()| {
        often(store.data_mut(), "clock", "time of day")?;
        let mut view = clock(store.data_mut());
        Ok((clocks::wall_clock::Host::now(&mut view)?,))
    })?;
    let mut monotonic = linker.instance(&format!("wasi:clocks/monotonic-clock@{VERSION}"))?;
    monotonic.func_wrap(
        "subscribe-duration",
        |mut store: Context<'_>, (nanos,): (u64,)| {
            often(store.data_mut(), "clock", "waiting")?;
            let mut view = clock(store.data_mut());
            Ok((clocks::monotonic_clock::Host::subscribe_duration(
                &mut view, nanos,
            )?,))
        },
    )?;
    monotonic.func_wrap(
        "subscribe-instant",
        |mut store: Context<'_>, (instant,): (u64,)| {
            often(store.data_mut(), "clock", "waiting")?;
            let mut view = clock(store.data_mut());
            Ok((clocks::monotonic_clock::Host::subscribe_instant(
                &mut view, instant,
            )?,))
        },
    )?;
    monotonic.func_wrap("now", |mut store: Context<'_>, (): ()| {
        often(store.data_mut(), "clock", "time passed")?;
        let mut view = clock(store.data_mut());
        Ok((clocks::monotonic_clock::Host::now(&mut view)?,))
    })?;
    let mut secure = linker.instance(&format!("wasi:random/random@{VERSION}"))?;
    secure.func_wrap(
        "get-random-bytes",
        |mut store: Context<'_>, (n,): (u64,)| {
            often(store.data_mut(), "random", "random bytes")?;
            let view = numbers(store.data_mut());
            Ok((random::random::Host::get_random_bytes(view, n)?,))
        },
    )?;
    secure.func_wrap("get-random-u64", |mut store: Context<'_>, (): ()| {
        often(store.data_mut(), "random", "random bytes")?;
        let view = numbers(store.data_mut());
        Ok((random::random::Host::get_random_u64(view)?,))
    })?;
    let mut insecure = linker.instance(&format!("wasi:random/insecure@{VERSION}"))?;
    insecure.func_wrap(
        "get-insecure-random-bytes",
        |mut store: Context<'_>, (n,): (u64,)| {
            often(store.data_mut(), "random", "insecure bytes")?;
            let view = numbers(store.data_mut());
            Ok((random::insecure::Host::get_insecure_random_bytes(view, n)?,))
        },
    )?;
    insecure.func_wrap(
        "get-insecure-random-u64",
        |mut store: Context<'_>, (): ()| {
            often(store.data_mut(), "random", "insecure bytes")?;
            let view = numbers(store.data_mut());
            Ok((random::insecure::Host::get_insecure_random_u64(view)?,))
        },
    )?;
    let mut seed = linker.instance(&format!("wasi:random/insecure-seed@{VERSION}"))?;
    seed.func_wrap("insecure-seed", |mut store: Context<'_>, (): ()| {
        often(store.data_mut(), "random", "seed of hash tables")?;
        let view = numbers(store.data_mut());
        Ok((random::insecure_seed::Host::insecure_seed(view)?,))
    })
}

/// Records what may be asked for thousands of times. Of an interface with nothing in it, nothing is used.
fn often(state: &mut HostState, capability: &str, what: &str) -> wasmtime::Result<()> {
    let (state, _) = WasiState::of(state);
    let is_granted = match capability {
        "clock" => state.has_clock,
        "random" => state.has_random,
        _ => true,
    };
    if !is_granted {
        return Ok(());
    }
    state
        .audit
        .record_often(&state.step, capability, what)
        .map_err(|error| HostState::audit_failed(&error))
}

/// Records a use of a grant before it happens.
pub(crate) fn record(
    state: &mut HostState,
    capability: &str,
    action: AuditAction,
    what: &str,
) -> wasmtime::Result<()> {
    let (state, _) = WasiState::of(state);
    state
        .audit
        .record(&state.step, capability, action, what)
        .map_err(|error| HostState::audit_failed(&error))
}

fn table(state: &mut HostState) -> &mut ResourceTable {
    WasiState::of(state).1
}

fn command_line(state: &mut HostState) -> WasiCliCtxView<'_> {
    let (state, table) = WasiState::of(state);
    let ctx = state.context.cli();
    WasiCliCtxView { ctx, table }
}

fn clock(state: &mut HostState) -> WasiClocksCtxView<'_> {
    let (state, table) = WasiState::of(state);
    let ctx = state.context.clocks();
    WasiClocksCtxView { ctx, table }
}

fn numbers(state: &mut HostState) -> &mut WasiRandomCtx {
    WasiState::of(state).0.context.random()
}

fn socket(state: &mut HostState) -> WasiSocketsCtxView<'_> {
    let (state, table) = WasiState::of(state);
    let ctx = state.context.sockets();
    WasiSocketsCtxView { ctx, table }
}

fn requests(state: &mut HostState) -> WasiHttpCtxView<'_> {
    let (state, table) = WasiState::of(state);
    WasiHttpCtxView {
        ctx: &mut state.http,
        table,
        hooks: &mut state.gate,
    }
}
