#!/usr/bin/env bash
# Runs tests in a system whose control groups are of version 2, wherever this is: a kernel and busybox from Debian's
# packages, in an emulator.
set -euo pipefail
folder=$PWD/target/cgroup2
root=$folder/root
rm -rf "$folder"
mkdir -p "$root"/{bin,dev,proc,sys,tmp}

# The kernel is unpacked, and not installed here.
package=$(apt-cache depends linux-image-amd64 | sed -n 's/^ *Depends: \(linux-image-.*\)/\1/p' | head -1)
(cd "$folder" && apt-get download -qq "$package" && dpkg -x linux-image-*.deb kernel)

# A program at its own path, with its libraries.
add() {
    local file
    for file in "$1" $(ldd "$1" 2> /dev/null | grep -o '/[^ ]*'); do
        mkdir -p "$root$(dirname "$file")"
        cp --dereference "$file" "$root$file"
    done
}
tests=$(cargo --color never test "$@" --no-run 2>&1 | tee /dev/stderr | sed -n 's/^ *Executable.*(\(.*\))$/\1/p')
tests=$(realpath $tests)
for program in $tests "$PWD/target/debug/recorded"; do add "$program"; done
# By which files of a workspace are known.
add "$PWD/Cargo.lock"
# Busybox would take its own `unshare`, which has no groups, if it were the shell.
add "$(command -v unshare)"
add "$(command -v dash)"
ln -s "$(command -v dash)" "$root/bin/sh"
add "$(command -v busybox)"
for name in kill mount poweroff true; do ln -s "$(command -v busybox)" "$root/bin/$name"; done

cat > "$root/init" << END
#!/bin/sh
export PATH=/usr/bin:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t cgroup2 cgroup2 /sys/fs/cgroup
echo +memory > /sys/fs/cgroup/cgroup.subtree_control
all=passed
for program in ${tests//$'\n'/ }; do
    \$program --nocapture --test-threads 1 || all=failed
done
echo "all \$all"
poweroff -f
END
chmod +x "$root/init"
(cd "$root" && find . | cpio --create --format newc --quiet | gzip -1 > "$folder/initrd")

timeout 300 qemu-system-x86_64 -accel tcg -m 2048 -smp 2 -nographic -nodefaults -serial stdio -no-reboot \
    -kernel "$folder"/kernel/boot/vmlinuz-* -initrd "$folder/initrd" \
    -append "console=ttyS0 quiet panic=-1 psi=1" < /dev/null | tr -d '\r' | tee "$folder/log"
grep --quiet '^all passed' "$folder/log"
! grep '^skipped' "$folder/log"
