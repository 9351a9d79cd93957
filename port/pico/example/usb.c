/* usb.c: the USB descriptors of the board, which is one network device (CDC NCM). TinyUSB reads them.
 * Invariant: the MAC address in the descriptor is that of the host's end. The board's differs in one bit. */
#include <tusb.h>

#define TEXT_MAC 1
#define TEXT_NAME 2

uint8_t tud_network_mac_address[6] = { 0x02, 0x02, 0x84, 0x6A, 0x96, 0x00 }; /* locally administered */

static const tusb_desc_device_t device = {
    .bLength = sizeof(tusb_desc_device_t),
    .bDescriptorType = TUSB_DESC_DEVICE,
    .bcdUSB = 0x0200,
    .bDeviceClass = TUSB_CLASS_MISC,
    .bDeviceSubClass = MISC_SUBCLASS_COMMON,
    .bDeviceProtocol = MISC_PROTOCOL_IAD,
    .bMaxPacketSize0 = CFG_TUD_ENDPOINT0_SIZE,
    .idVendor = 0xCAFE, /* TinyUSB's id for examples. A product needs its own */
    .idProduct = 0x4020,
    .bcdDevice = 0x0100,
    .iProduct = TEXT_NAME,
    .bNumConfigurations = 1,
};
static const uint8_t configuration[] = {
    TUD_CONFIG_DESCRIPTOR(1, 2, 0, TUD_CONFIG_DESC_LEN + TUD_CDC_NCM_DESC_LEN, 0, 100),
    TUD_CDC_NCM_DESCRIPTOR(0, TEXT_NAME, TEXT_MAC, 0x81, 64, 0x02, 0x82, CFG_TUD_NET_ENDPOINT_SIZE,
                           CFG_TUD_NET_MTU),
};

const uint8_t *tud_descriptor_device_cb(void)
{
    return (const uint8_t *)&device;
}

const uint8_t *tud_descriptor_configuration_cb(uint8_t index)
{
    (void)index;
    return configuration;
}

const uint16_t *tud_descriptor_string_cb(uint8_t index, uint16_t language)
{
    static uint16_t text[1 + 12];
    static const char name[] = "uspan Pico";
    unsigned count = 0;
    (void)language;
    if (index == 0u) {
        text[++count] = 0x0409; /* English */
    } else if (index == TEXT_MAC) {
        for (; count < 12u; count++) {
            text[1u + count] = (uint16_t) "0123456789ABCDEF"[tud_network_mac_address[count / 2u] >>
                                                                 (count % 2u != 0u ? 0 : 4) &
                                                             15];
        }
    } else {
        for (; count < sizeof(name) - 1u; count++) {
            text[1u + count] = (uint16_t)name[count];
        }
    }
    text[0] = (uint16_t)(TUSB_DESC_STRING << 8 | (2u + 2u * count));
    return text;
}
