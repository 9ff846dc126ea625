# Probabilities, truth and their difference for the logits 1, 2, 3 and the label 1.
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.85
set boxwidth 0.9
set yrange [-1:1.35]
set xzeroaxis lt 1 lc rgb '#8a8f98' lw 0.8
set key outside top center horizontal Left reverse
plot "belief.dat" using 2:xtic(1) lt 1 title "p", \
     "" using 3 lt 3 title "one\\_hot", \
     "" using 4 lt 2 title "p − one\\_hot"
