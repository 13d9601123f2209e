# The kernel alone: what else is in its package is for machines that boot from a disk. The package's name has its version.
cd /var/cache/apt/archives
apt-get update
kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: //p')
apt-get download "$kernel"
dpkg-deb --extract "$kernel"_*.deb unpacked

# Without its own wrapping, which an emulated processor would take seconds to undo. Where the zstd frame lies is said in the
# header (Linux' Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length; a length follows the frame).
image=$(echo unpacked/boot/vmlinuz-*)
number() { od --address-radix=n --format="u$2" --skip-bytes="$1" --read-bytes="$2" "$image" | tr -d ' '; }
start=$((($(number 497 1) + 1) * 512 + $(number 584 4)))
length=$(($(number 588 4) - 4))
tail --bytes="+$((start + 1))" "$image" | head --bytes="$length" | zstd --decompress --quiet >/usr/local/lib/vm/kernel

# What the machine boots into, all of it in memory: busybox, bash with its libraries, and an init of a few lines.
cd /usr/local/lib/vm
root=/tmp/initramfs
for directory in bin dev proc root sys tmp; do mkdir -p "$root/$directory"; done
cp -r init etc "$root"
cp /usr/bin/busybox /usr/bin/bash "$root/bin"
ldd /usr/bin/bash | grep -o '/[^ ]*' | while read -r library; do
  mkdir -p "$root${library%/*}"
  cp "$library" "$root$library"
done
(cd "$root" && find . | busybox cpio -o -H newc) >initramfs
rm -r init etc

# Of QEMU only the program that emulates a PC, and the firmware of its smallest machine.
rm -rf /usr/bin/qemu-system-i386 /usr/bin/qemu-system-x86_64-microvm /usr/lib/ipxe
find /usr/share/qemu /usr/share/seabios -type f \! -name qboot.rom \! -name bios-microvm.bin \! -name pvh.bin \
  \! -name linuxboot_dma.bin -delete
qemu-system-x86_64 --version
