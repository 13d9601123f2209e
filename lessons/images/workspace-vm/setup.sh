# The kernel alone: what else is in its package is for machines that boot from a disk. The package's name has its version.
cd /var/cache/apt/archives
apt-get update
kernel=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: //p')
apt-get download "$kernel"
dpkg-deb --extract "$kernel"_*.deb unpacked
mv unpacked/boot/vmlinuz-* /usr/local/lib/vm/kernel
chmod 644 /usr/local/lib/vm/kernel

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
(cd "$root" && find . | busybox cpio -o -H newc | gzip -9) >initramfs
rm -r init etc

# Of QEMU only the program that emulates a PC, and the firmware of its smallest machine.
rm -rf /usr/bin/qemu-system-i386 /usr/bin/qemu-system-x86_64-microvm /usr/lib/ipxe
find /usr/share/qemu /usr/share/seabios -type f \! -name qboot.rom \! -name bios-microvm.bin \! -name pvh.bin \
  \! -name linuxboot_dma.bin -delete
qemu-system-x86_64 --version
