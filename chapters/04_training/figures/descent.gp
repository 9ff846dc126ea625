# The loss on five ways down a valley; the data are what downhill prints.
set logscale y
set xrange [0:40]
set yrange [1e-8:1e5]
set format y "10^{%L}"
set xlabel "step"
set ylabel "loss"
set key outside top center horizontal Left reverse
plot "descent.dat" index 2 using 1:4 with lines lt 5 title "SGD 0.105", \
     "" index 0 using 1:4 with lines lt 4 title "SGD 0.01", \
     "" index 1 using 1:4 with lines lt 1 title "SGD 0.09", \
     "" index 4 using 1:4 with lines lt 2 title "Adam 0.5", \
     "" index 3 using 1:4 with lines lt 3 title "SGD 0.09, momentum 0.5"
