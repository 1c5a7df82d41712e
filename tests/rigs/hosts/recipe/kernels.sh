# Run in a chroot of a furnished host: the distribution it says it is, the kernels it is offered, those it has.
# Arguments: packages to install, those of one transaction in one argument. In /payload: os-release, lsb-release, offers.list (apt's), installs.list.
set -eu
export DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
rm -f /etc/os-release
install -m 644 /payload/os-release /usr/lib/os-release
ln -s ../usr/lib/os-release /etc/os-release
[ ! -s /payload/lsb-release ] || install -m 644 /payload/lsb-release /etc/lsb-release
install -m 644 /payload/installs.list /etc/apt/sources.list.d/kernels.list
apt-get -qq update
for packages; do
    # shellcheck disable=SC2086 # they are several
    apt-get -qq --yes --no-install-recommends install $packages
done
install -m 644 /payload/offers.list /etc/apt/sources.list.d/kernels.list
apt-get -qq update
rm -rf /run/reboot-required*
