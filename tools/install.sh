#!/bin/sh
# install.sh DESTDIR PREFIX: copies what `make` built; called by `gort install` and `make install`.
# $OPTDIR and $FREEDIR are the build folders of the hosted and the freestanding library, $SPLITDIR
# and $SPLITFREEDIR, if set, those of the same for split stacks.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd -P)
dest=$1 prefix=$2
opt=${OPTDIR:-$top/build/opt} free=${FREEDIR:-$top/build/freestanding}
cd "$top"
version=$(sed -n 's/^#define GORT_VERSION  *"\(.*\)".*/\1/p' include/gort/version.h)
soversion=${version%%.*}
to=$dest$prefix

for f in "$opt/libgort.a" "$opt/libgort.so" "$free/libgort.a"; do
	[ -f "$f" ] || {
		echo "install: $f is missing: make all && make V=freestanding lib" >&2
		exit 1
	}
done
if ! mkdir -p "$to/include/gort" "$to/lib/gort/freestanding" "$to/lib/pkgconfig" \
	"$to/lib/cmake/gort" "$to/bin" "$to/share/doc/gort" "$to/share/gort"; then
	echo "gort: cannot install into $to" >&2
	exit 1
fi

# put MODE FROM TO: replaced as a whole, so that a running program keeps its old library.
put() {
	cp "$2" "$3.new"
	chmod "$1" "$3.new"
	mv -f "$3.new" "$3"
}

# fill FROM TO: a template. (& and \ mean something to sed.)
fill() {
	sed -e "s|@PREFIX@|$(printf '%s' "$prefix" | sed 's/[&|\\]/\\&/g')|g" -e "s|@VERSION@|$version|g" -e "s|@SOVERSION@|$soversion|g" \
		-e "s|@RPATH@|$rpath|g" "$1" >"$2.new"
	chmod 644 "$2.new"
	mv -f "$2.new" "$2"
}

# Outside the folders that the dynamic linker searches, programs carry where the library is.
case $prefix in
/usr | /usr/local) rpath= ;;
*) rpath=' -Wl,-rpath,"${libdir}"' ;;
esac

put 644 include/gort.h "$to/include/gort.h"
for h in include/gort/*.h; do
	put 644 "$h" "$to/include/gort/${h##*/}"
done
put 644 "$opt/libgort.a" "$to/lib/libgort.a"
put 755 "$opt/libgort.so" "$to/lib/libgort.so.$version"
ln -sf "libgort.so.$version" "$to/lib/libgort.so.$soversion"
ln -sf "libgort.so.$soversion" "$to/lib/libgort.so"
put 644 "$free/libgort.a" "$to/lib/gort/freestanding/libgort.a"
for f in "split:${SPLITDIR:-}" "splitfree:${SPLITFREEDIR:-}"; do
	[ -n "${f#*:}" ] || continue
	mkdir -p "$to/lib/gort/${f%%:*}"
	put 644 "${f#*:}/libgort.a" "$to/lib/gort/${f%%:*}/libgort.a"
	for a in libgortgo.a libgortstub.a gotextbegin.o gotextend.o gotables.ld; do
		[ "${f%%:*}" != split ] || [ ! -f "${f#*:}/$a" ] || put 644 "${f#*:}/$a" "$to/lib/gort/split/$a"
	done
done
put 644 tools/go.sh "$to/lib/gort/go.sh"
put 644 tools/gort-gdb.py "$to/share/gort/gort-gdb.py"
fill gort.pc.in "$to/lib/pkgconfig/gort.pc"
fill cmake/gortConfig.cmake.in "$to/lib/cmake/gort/gortConfig.cmake"
fill cmake/gortConfigVersion.cmake.in "$to/lib/cmake/gort/gortConfigVersion.cmake"
put 755 gort "$to/bin/gort"
for f in README.md LICENSE CHANGES.md; do
	put 644 "$f" "$to/share/doc/gort/$f"
done
if [ -z "$dest" ] && [ -z "$rpath" ] && [ "$(id -u)" -eq 0 ]; then
	ldconfig 2>/dev/null || :
fi
echo "gort: installed $version into $prefix" >&2
