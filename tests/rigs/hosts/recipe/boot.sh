# boot.sh: PID 1 of a host's new namespaces, with the machine's tools, until it becomes the host's own init.
#
# From the environment: ROOT (the overlay), RIG (the rig's files for this host), COMMANDS (where its user's shell writes
# down what it executes), NAME, SWITCH (the network namespace of the rig's bridge, as a path), PORT (the link's end
# there), MAC, ADDRESS and ADDRESS6 with their prefix lengths, IMMUTABLE (not empty: it is).
set -eu
read -r pid _ </proc/self/stat # this /proc is the machine's still, so it is the pid that the supervisor can signal
echo "$pid" >"$RIG/pid"

ip link add name eth0 address "$MAC" type veth peer name "$PORT" netns "$SWITCH"
nsenter --net="$SWITCH" ip link set "$PORT" master bridge up
ip link set lo up
ip link set eth0 up
ip address add "$ADDRESS" dev eth0
ip address add "$ADDRESS6" dev eth0 nodad 2>/dev/null || true # a machine without IPv6
echo "$NAME" >/proc/sys/kernel/hostname

cd "$ROOT"
mount -t proc -o nosuid,nodev,noexec proc proc
# As in a container: what is not the network's own is the machine's, and no test is to change that.
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount --bind proc/sys/net proc/sys/net
mount -o remount,bind,rw proc/sys/net
[ ! -e proc/sysrq-trigger ] || mount --bind /dev/null proc/sysrq-trigger
mount --bind "$RIG/osrelease" proc/sys/kernel/osrelease
mount --bind "$RIG/version" proc/sys/kernel/version
mount --bind "$RIG/boot_id" proc/sys/kernel/random/boot_id
mount --bind "$RIG/proc_version" proc/version
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys

mount -t tmpfs -o mode=755,nosuid tmpfs dev
mknod -m 666 dev/null c 1 3
mknod -m 666 dev/zero c 1 5
mknod -m 666 dev/full c 1 7
mknod -m 666 dev/random c 1 8
mknod -m 666 dev/urandom c 1 9
mknod -m 666 dev/tty c 5 0
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr

mount -t tmpfs -o mode=755,nosuid,nodev tmpfs run
mkdir run/sshd run/packcheck-rig
mkdir -m 1777 run/lock
mount --bind "$RIG" run/packcheck-rig
mount --bind "$COMMANDS" run/packcheck-rig/commands

if [ "$IMMUTABLE" ]; then
    # Kairos: /etc can be written and does not outlive the boot; /oem, /home, /var and /usr/local do.
    mkdir run/etc run/etc/upper run/etc/work
    mount -t overlay -o lowerdir=etc,upperdir=run/etc/upper,workdir=run/etc/work overlay etc
    for folder in oem home var usr/local tmp; do
        mount --bind "$folder" "$folder"
    done
    mount -o remount,bind,ro .
fi

pivot_root . mnt
exec chroot . /bin/sh -c '
    umount -l /mnt
    exec setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio,-mknod /usr/lib/packcheck-rig/init' </dev/null
