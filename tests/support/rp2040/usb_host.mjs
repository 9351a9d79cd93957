// usb_host.mjs: a USB host for one NCM device (interface 0 control, 1 data, bulk endpoint 2 both ways) on rp2040js's USB
// controller, and the other end of its link.
// Invariant: one block is under way in each direction, and one request on endpoint 0.
const PACKET = 64, DATA = 2;
const HEADER = 12, TABLE_AT = 12, FRAME_AT = 28; // of a block that holds one frame (NCM 1.0, 3.2)
const STATUS_STAGE_NS = 100_000;
// bmRequestType, bRequest, wValue, wIndex, wLength: what a host asks until the data interface carries frames
const ENUMERATION = [
  [0x00, 5, 1, 0, 0], // SET_ADDRESS
  [0x80, 6, 0x100, 0, 18], // GET_DESCRIPTOR: device
  [0x80, 6, 0x200, 0, 255], // configuration
  [0x00, 9, 1, 0, 0], // SET_CONFIGURATION
  [0xa1, 0x80, 0, 0, 28], // GET_NTB_PARAMETERS
  [0x01, 11, 1, 1, 0], // SET_INTERFACE 1, setting 1
];

function setupPacket([type, request, value, index, length]) {
  return Uint8Array.from([type, request, value & 255, value >> 8, index & 255, index >> 8, length & 255, length >> 8]);
}

export class UsbHost {
  // receive: is called with each frame of the device, its length in four bytes before it
  constructor(usb, clock, receive) {
    Object.assign(this, { usb, receive, step: -1, answered: 0, isArmed: false, blocks: [], sequence: 0 });
    this.fromDevice = Buffer.alloc(0);
    this.toDevice = Buffer.alloc(0);
    this.statusStage = clock.createAlarm(() => this.next());
    usb.onUSBEnabled = () => usb.resetDevice();
    usb.onResetReceived = () => { this.step = -1; this.next(); };
    usb.onEndpointRead = (endpoint, size) => this.read(endpoint, size);
    usb.onEndpointWrite = (endpoint, bytes) => this.written(endpoint, bytes);
    this.orderBuffers();
  }

  next() {
    this.answered = 0;
    if (++this.step < ENUMERATION.length) this.usb.sendSetupPacket(setupPacket(ENUMERATION[this.step]));
  }

  read(endpoint) { // the device waits for bytes
    if (endpoint === DATA) {
      this.isArmed = true;
      this.sendPacket();
    } else if (endpoint === 0) {
      this.usb.endpointReadDone(0, new Uint8Array(0));
    }
  }

  written(endpoint, bytes) {
    if (endpoint === 0) {
      const request = ENUMERATION[this.step];
      this.answered += bytes.length;
      const isOver = request && (!(request[0] & 0x80) || bytes.length < PACKET || this.answered >= request[4]);
      if (isOver) this.statusStage.schedule(STATUS_STAGE_NS);
    } else if (endpoint === DATA) {
      this.fromDevice = Buffer.concat([this.fromDevice, bytes]);
      if (bytes.length < PACKET) {
        if (this.fromDevice.length) this.takeBlock(this.fromDevice);
        this.fromDevice = Buffer.alloc(0);
      }
    }
  }

  takeBlock(block) {
    if (block.length < HEADER || block.toString('latin1', 0, 4) !== 'NCMH') {
      console.error(`usb: ${block.length} bytes that are no NCM block`);
      return;
    }
    for (let entry = block.readUInt16LE(10) + 8; block.readUInt16LE(entry); entry += 4) {
      const from = block.readUInt16LE(entry), length = block.readUInt16LE(entry + 2), head = Buffer.alloc(4);
      head.writeUInt32BE(length);
      this.receive(Buffer.concat([head, block.subarray(from, from + length)]));
    }
  }

  deliver(bytes) { // frames for the device, each after its length in four bytes
    this.toDevice = Buffer.concat([this.toDevice, bytes]);
    while (this.toDevice.length >= 4 && this.toDevice.length >= 4 + this.toDevice.readUInt32BE()) {
      const end = 4 + this.toDevice.readUInt32BE();
      this.blocks.push(this.blockOf(this.toDevice.subarray(4, end)));
      this.toDevice = this.toDevice.subarray(end);
    }
    this.sendPacket();
  }

  blockOf(frame) {
    const size = FRAME_AT + frame.length + ((FRAME_AT + frame.length) % PACKET === 0 ? 1 : 0); // ends in a short packet
    const block = Buffer.alloc(size);
    block.write('NCMH', 0);
    block.writeUInt16LE(HEADER, 4);
    block.writeUInt16LE(this.sequence++ & 0xffff, 6);
    block.writeUInt16LE(size, 8);
    block.writeUInt16LE(TABLE_AT, 10);
    block.write('NCM0', TABLE_AT);
    block.writeUInt16LE(16, TABLE_AT + 4);
    block.writeUInt16LE(FRAME_AT, TABLE_AT + 8);
    block.writeUInt16LE(frame.length, TABLE_AT + 10);
    frame.copy(block, FRAME_AT);
    return block;
  }

  sendPacket() {
    if (!this.isArmed || !this.blocks.length) return;
    const packet = this.blocks[0].subarray(0, PACKET);
    this.blocks[0] = this.blocks[0].subarray(PACKET);
    if (!this.blocks[0].length) this.blocks.shift();
    this.isArmed = false;
    this.usb.endpointReadDone(DATA, packet);
  }

  // rp2040js hands over the second half of a double buffer first.
  orderBuffers() {
    const { usb } = this, updated = usb.DPRAMUpdated.bind(usb);
    usb.DPRAMUpdated = (offset, value) => {
      const isBoth = value & 0x400 && value & 0x4000000, endpoint = (offset - 0x80) >> 3;
      updated(offset, value);
      if (isBoth && endpoint > 0 && endpoint < 16 && !(offset & 4) && usb.readEndpointControlReg(endpoint, false) & 0x40000000) {
        const { buffers } = usb.endpointWriteAlarms[endpoint];
        buffers.push(buffers.splice(-2, 1)[0]);
      }
    };
  }
}
