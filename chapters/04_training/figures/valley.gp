# Five ways down a valley; the data are what downhill prints. Ellipses are lines of one height.
set terminal svg size 720,440 dynamic enhanced font 'Inter,13' linewidth 1.2 background rgb '#00ffffff'
do for [k = 1:6] {
  level = 2.0 ** k
  set object k ellipse center 0,0 size 2*sqrt(2*level), 2*sqrt(2*level/20) fs empty border lc rgb '#8a8f98' lw 0.6
}
set object 7 ellipse center 0,0 size 2*sqrt(256), 2*sqrt(256/20.0) fs empty border lc rgb '#8a8f98' lw 0.6
unset grid
set xrange [-10:4]
set yrange [-3:3]
set xtics -8, 4
set ytics -2, 2
set key top right samplen 1
set multiplot layout 2,2
plot "valley.dat" index 0 using 2:3 with linespoints pt 7 ps 0.3 lt 1 title "SGD 0.01"
plot "valley.dat" index 1 using 2:3 with linespoints pt 7 ps 0.3 lt 1 title "SGD 0.09"
plot "valley.dat" index 2 using 2:3 with linespoints pt 7 ps 0.3 lt 5 title "SGD 0.105"
plot "valley.dat" index 3 using 2:3 with linespoints pt 7 ps 0.3 lt 3 title "momentum 0.5", \
     "" index 4 using 2:3 with linespoints pt 7 ps 0.3 lt 2 title "Adam 0.5"
unset multiplot
