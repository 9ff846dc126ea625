# The way to a mean at a constant rate and at a falling one; the data are what schedules prints.
set logscale y
set xrange [1:400]
set yrange [1e-4:4]
set format y "10^{%L}"
set xlabel "step"
set ylabel "distance"
set key outside top center horizontal Left reverse
plot "settle.dat" using 1:2 with lines lw 1 lt 2 title "rate 0.3", \
     "" using 1:3 with lines lw 1 lt 1 title "rate 0.3, falling"
