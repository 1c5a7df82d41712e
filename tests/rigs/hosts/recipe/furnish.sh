# Run in a chroot of Debian's packages with the payload in /payload: makes of them what every host of the rig shares.
set -eu
payload=/payload
lib=/usr/lib/packcheck-rig
export DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

install -d $lib
install -m 755 $payload/shell $payload/init $payload/rc $lib
install -m 644 $payload/libuname.so /usr/local/lib
install -m 755 $payload/power /usr/sbin/reboot
ln -sf reboot /usr/sbin/poweroff
ln -sf reboot /usr/sbin/halt
install -m 755 $payload/shutdown /usr/sbin
install -m 755 $payload/systemctl /usr/bin
for name in ip6tables ip6tables-nft ip6tables-legacy; do
    install -m 755 $payload/ip6tables /usr/local/sbin/$name
done

dpkg-divert --quiet --local --rename --add /usr/sbin/grub-probe
install -m 755 $payload/grub-probe /usr/sbin
install -d /boot/grub
install -d /etc/kernel/postinst.d /etc/kernel/postrm.d
install -m 755 $payload/kernel/initramfs $payload/kernel/reboot-required /etc/kernel/postinst.d
install -m 755 $payload/kernel/zz-update-grub /etc/kernel/postinst.d
install -m 755 $payload/kernel/zz-update-grub /etc/kernel/postrm.d
cat >/etc/default/grub <<'GRUB'
GRUB_DEFAULT=0
GRUB_TIMEOUT=0
GRUB_DISTRIBUTOR=$(. /etc/os-release && echo "$NAME")
GRUB_CMDLINE_LINUX_DEFAULT="quiet splash"
GRUB_CMDLINE_LINUX=""
GRUB_DISABLE_OS_PROBER=true
GRUB

# sshd refuses a locked account ("!") even with a key.
useradd --create-home --shell $lib/shell ops
usermod --password '*' ops
: >/etc/resolv.conf

# The packages of kernels, and an index for each kernel, so that a host can be offered some and not others.
for folder in $payload/packages/*/*; do
    release=$(basename "$(dirname "$folder")")
    install -d "/srv/kernels/$release"
    dpkg-deb -Znone --root-owner-group --build "$folder" "/srv/kernels/$release" >/dev/null
done
cd /srv/kernels
for deb in */*.deb; do
    {
        dpkg-deb --field "$deb"
        echo "Filename: ./$(basename "$deb")"
        echo "Size: $(stat --format=%s "$deb")"
        echo "SHA256: $(sha256sum "$deb" | cut -d' ' -f1)"
        echo
    } >>"$(dirname "$deb")/Packages"
done

rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/* /var/lib/apt/lists/* /var/cache/apt/*.bin
echo /usr/local/lib/libuname.so >/etc/ld.so.preload
