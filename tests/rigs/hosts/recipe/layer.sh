# layer.sh LOWERS OUT PAYLOAD SCRIPT ARGUMENT… in a mount namespace of its own, in the cache's folder.
#
# What SCRIPT changes in a chroot of LOWERS (an overlay's lowerdir) becomes the folder OUT. All but PAYLOAD are relative
# paths: the cache's own may hold what separates mount options. The work is done on a tmpfs, for an overlay's upper
# folder cannot lie on an overlay, and a container's disk is one.
set -eu
lowers=$1 out=$2 payload=$3 script=$4
shift 4
mkdir -p "$out.work" "$out"
mount -t tmpfs -o mode=755 tmpfs "$out.work"
mkdir "$out.work/upper" "$out.work/work" "$out.work/root"
mount -t overlay -o "lowerdir=$lowers,upperdir=$out.work/upper,workdir=$out.work/work" overlay "$out.work/root"
mkdir "$out.work/root/payload"
mount --bind "$payload" "$out.work/root/payload"
mount -t proc proc "$out.work/root/proc"
chroot "$out.work/root" sh "/payload/$script" "$@"
umount "$out.work/root/proc" "$out.work/root/payload"
rmdir "$out.work/root/payload"
umount "$out.work/root"
cp -a "$out.work/upper/." "$out"
umount "$out.work"
rmdir "$out.work"
