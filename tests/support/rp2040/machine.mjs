// machine.mjs EMULATOR ROM NETWORK LINK IMAGE.bin [KEY=VALUE ...]: runs an image of the Pico SDK in rp2040js.
//   EMULATOR  the package rp2040js; ROM: a text with the boot ROM's words; NETWORK: the program of network.c
//   LINK      slip: UART 1 is the network; usb: the board is a network device on USB
// UART 0 goes to standard output. A line "exit N" of the image ends the machine with that status.
// Invariant: emulated time never outruns the host's while the core sleeps: whoever is asked outside has yet to answer.
import { spawn } from 'child_process';
import { randomBytes } from 'crypto';
import { readFileSync } from 'fs';
import { pathToFileURL } from 'url';
import { UsbHost } from './usb_host.mjs';

const CYCLE_NS = 8; // at 125 MHz
const FLASH_BYTES = 2 * 1024 * 1024, SECTOR = 4096;
const SLICE = 200_000; // instructions between two looks at what has arrived
const TICK_NS = 1e6; // the longest step while the core sleeps

const [emulator, rom, program, link, image, ...settings] = process.argv.slice(2);
const { Simulator } = await import(pathToFileURL(`${emulator}/dist/esm/index.js`));
const simulator = new Simulator(), { clock, rp2040: chip } = simulator, { core } = chip;

function load() {
  const words = [...readFileSync(rom, 'utf8').matchAll(/0x[0-9a-f]{8}\b/gi)].map(found => parseInt(found[0]));
  chip.loadBootrom(new Uint32Array(words));
  chip.logger = { debug() {}, info() {}, warn() {}, error: (name, text) => console.error(`rp2040js: ${name}: ${text}`) };
  chip.flash.set(readFileSync(image));
  const page = Buffer.from(settings.map(one => `${one}\0`).join('') + '\0');
  chip.flash.set(page, FLASH_BYTES - SECTOR);
  core.PC = 0x10000000;
}

// The emulator lacks the ring oscillator, of whose bits the SDK makes random numbers: its bit is the host's.
function addRingOscillator() {
  const RANDOMBIT = 0x1c, STATUS = 0x18, STABLE_ENABLED = 0x80001000;
  const rosc = chip.peripherals[0x40060], read = rosc.readUint32.bind(rosc);
  rosc.readUint32 = at => at === RANDOMBIT ? randomBytes(1)[0] & 1 : at === STATUS ? STABLE_ENABLED : read(at);
}

function addConsole() {
  let line = '';
  chip.uart[0].onByte = byte => {
    process.stdout.write(Buffer.from([byte]));
    if (byte !== 10) {
      line = (line + String.fromCharCode(byte)).slice(-80);
      return;
    }
    const exit = /^exit (\d+)\s*$/.exec(line);
    line = '';
    if (exit) stop(Number(exit[1]));
  };
}

// ---- the network: bytes of SLIP, or frames with their length before them

const network = spawn(program, [link === 'usb' ? 'ethernet' : 'slip'], { stdio: ['pipe', 'pipe', 'inherit'] });
let outgoing = [], incoming = [], at = 0;

function addLink() {
  if (link === 'usb') {
    const host = new UsbHost(chip.usbCtrl, clock, frame => network.stdin.write(frame));
    network.stdout.on('data', bytes => host.deliver(bytes));
    return;
  }
  network.stdout.on('data', bytes => { for (const byte of bytes) incoming.push(byte); });
  chip.uart[1].onByte = byte => { outgoing.push(byte); };
}

function send() {
  if (outgoing.length) network.stdin.write(Buffer.from(outgoing));
  outgoing = [];
}

function feed() { // as many bytes as the UART's queue has room for: it drops the others without a word
  const uart = chip.uart[1];
  while (at < incoming.length && !uart.rxFIFO.full && uart.rxEnabled) uart.feedByte(incoming[at++]);
  if (at === incoming.length) {
    incoming = [];
    at = 0;
  }
}

// ---- time

let stopped = false;

function stop(status) {
  stopped = true;
  const cpu = process.cpuUsage();
  console.error(`machine: ${(core.cycles / 1e6).toFixed(1)} million cycles, ${((cpu.user + cpu.system) / 1e6).toFixed(1)} s of CPU`);
  network.kill();
  process.exitCode = status;
}

function execute() { // until the core sleeps, or a slice is done
  for (let i = 0; i < SLICE && !core.waiting && !stopped; i++) {
    if (i % 1000 === 0) feed();
    const then = clock.nanosCounter + core.executeInstruction() * CYCLE_NS, alarm = clock.nextAlarm;
    if (alarm === null || alarm.nanos > then) clock.nanosCounter = then;
    else clock.tick(then - clock.nanosCounter);
  }
}

const began = process.hrtime.bigint();
function run() {
  feed();
  execute();
  send();
  if (stopped) return;
  if (!core.waiting) {
    setImmediate(run);
    return;
  }
  clock.tick(Math.min(clock.nanosToNextAlarm || TICK_NS, TICK_NS));
  setTimeout(run, clock.nanos > Number(process.hrtime.bigint() - began) ? 1 : 0);
}

process.on('SIGTERM', () => stop(1));
load();
addRingOscillator();
addConsole();
addLink();
run();
