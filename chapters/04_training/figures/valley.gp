# Five ways down a valley; the data are what downhill prints. Grey lines are of one height each.
set terminal svg size 720,480 dynamic enhanced font 'Inter,13' linewidth 1.2 background rgb '#00ffffff'
height(x, level) = 2 * level > x * x ? sqrt((2 * level - x * x) / 20) : 1/0
set samples 1000
unset grid
set xrange [-12:12]
set yrange [-3:3]
set xtics -8, 8
set ytics -2, 2
set key outside top center horizontal samplen 1
set multiplot layout 2,2
plot for [k=0:6] height(x, 2**k) lc rgb '#8a8f98' lw 0.5 notitle, for [k=0:6] -height(x, 2**k) lc rgb '#8a8f98' lw 0.5 notitle, \
     "valley.dat" index 0 using 2:3 with linespoints pt 7 ps 0.3 lt 4 title "SGD 0.01"
plot for [k=0:6] height(x, 2**k) lc rgb '#8a8f98' lw 0.5 notitle, for [k=0:6] -height(x, 2**k) lc rgb '#8a8f98' lw 0.5 notitle, \
     "valley.dat" index 1 using 2:3 with linespoints pt 7 ps 0.3 lt 1 title "SGD 0.09"
plot for [k=0:6] height(x, 2**k) lc rgb '#8a8f98' lw 0.5 notitle, for [k=0:6] -height(x, 2**k) lc rgb '#8a8f98' lw 0.5 notitle, \
     "valley.dat" index 2 using 2:3 with linespoints pt 7 ps 0.3 lt 5 title "SGD 0.105"
plot for [k=0:6] height(x, 2**k) lc rgb '#8a8f98' lw 0.5 notitle, for [k=0:6] -height(x, 2**k) lc rgb '#8a8f98' lw 0.5 notitle, \
     "valley.dat" index 3 using 2:3 with linespoints pt 7 ps 0.3 lt 3 title "SGD 0.09, momentum 0.5", \
     "" index 4 using 2:3 with linespoints pt 7 ps 0.3 lt 2 title "Adam 0.5"
unset multiplot
