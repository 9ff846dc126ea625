# One bad batch, with clipping and without; the data are what bad_batch prints.
set logscale y
set xrange [1:100]
set yrange [1e-8:1e5]
set format y "10^{%L}"
set xlabel "step"
set ylabel "loss"
set key outside top center horizontal Left reverse
plot "clip.dat" using 1:2 with lines lt 5 title "not clipped", \
     "" using 1:3 with lines lt 3 title "clipped to 1"
