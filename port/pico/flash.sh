#!/bin/sh
# flash.sh IMAGE.uf2: puts an image on a Pico: onto its drive (hold BOOTSEL while you plug it in), or with picotool.
# Invariant: the exit status is 0 only if the complete file was copied or picotool reported that it loaded the image.
#   PICO_DRIVE   the drive's folder. If it is not set, the drive is searched below /media, /run/media, /mnt and /Volumes
set -eu
image=$1

drive() { # the folder at which a boot loader's drive is mounted
    if [ -n "${PICO_DRIVE:-}" ]; then
        set -- "$PICO_DRIVE"
    else
        set -- /media/*/RPI-RP2 /media/*/RP2350 /run/media/*/RPI-RP2 /run/media/*/RP2350 /media/RPI-RP2 /media/RP2350 \
            /mnt/RPI-RP2 /mnt/RP2350 /Volumes/RPI-RP2 /Volumes/RP2350
    fi
    for folder in "$@"; do
        if [ -e "$folder/INFO_UF2.TXT" ]; then
            echo "$folder"
            return
        fi
    done
}

to=$(drive)
if [ -n "$to" ]; then
    cp "$image" "$to/"
    sync
    echo "flash: $image is on $to; the board starts it"
elif command -v picotool >/dev/null; then
    picotool load -x "$image"
else
    missing="no drive RPI-RP2 or RP2350 is mounted"
    if [ -n "${PICO_DRIVE:-}" ]; then
        missing="$PICO_DRIVE has no INFO_UF2.TXT, so it is no drive of a board"
    fi
    echo "flash: $missing, and there is no picotool
flash: cure: hold BOOTSEL while you plug the board in and mount its drive (PICO_DRIVE: elsewhere), or install picotool
flash: the image is $image" >&2
    exit 1
fi
