# print-program.sh ARCHITECTURE FILE: writes a Linux program that prints the file and ends. ARCHITECTURE: amd64 or arm64.
set -eu
text=$(wc -c <"$2")
load=$((0x400000))
header=120 # of an ELF file 64 bytes, and of its one program header 56
code=64    # room for the code; the text begins behind it
address=$((load + header + code))
size=$((header + code + text))

# number BYTES VALUE: the lowest byte first
number() {
  left=$1 value=$2
  while [ "$left" -gt 0 ]; do
    printf "\\$(printf %03o $((value & 255)))"
    value=$((value >> 8)) left=$((left - 1))
  done
}
bytes() { for byte in "$@"; do number 1 $((0x$byte)); done; }

case $1 in
amd64) machine=62 ;;
arm64) machine=183 ;;
*) echo "no program can be written for the architecture $1" >&2 && exit 1 ;;
esac

# elf(5): 64 bits, lowest byte first; an executable; the program header follows, and is alone
bytes 7f 45 4c 46 02 01 01 00
number 8 0
number 2 2
number 2 $machine
number 4 1
number 8 $((load + header))
number 8 64
number 8 0
number 4 0
for half in 64 56 1 0 0 0; do number 2 $half; done
# all of the file, to be read and executed
number 4 1
number 4 5
number 8 0
number 8 $load
number 8 $load
number 8 $size
number 8 $size
number 8 $((0x10000)) # the largest page of arm64

# write(1, text, length), exit(0)
if [ "$1" = amd64 ]; then
  bytes b8 01 00 00 00 bf 01 00 00 00 be
  number 4 $address
  bytes ba
  number 4 "$text"
  bytes 0f 05 b8 3c 00 00 00 31 ff 0f 05
  number $((code - 31)) 0
else
  # movz (d2800000) and, for the upper half, movk (f2a00000) of a register
  move() { number 4 $((0xd2800000 | ($2 & 0xffff) << 5 | $1)); }
  move_upper() { number 4 $((0xf2a00000 | ($2 >> 16 & 0xffff) << 5 | $1)); }
  call=$((0xd4000001))
  move 0 1
  move 1 $address
  move_upper 1 $address
  move 2 "$text"
  move_upper 2 "$text"
  move 8 64
  number 4 $call
  move 0 0
  move 8 93
  number 4 $call
  number $((code - 40)) 0
fi
cat "$2"
